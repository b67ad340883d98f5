"""Look at a config with its questionnaire and data; train nothing."""

from pathlib import Path

from eriq.config import Experiment, load_experiment, load_yaml, migrated, shipped
from eriq.config.draft import GUESS, WRITE
from eriq.study.comparison.sample import sample_sizes
from eriq.study.comparison.verdict import headline_pair
from eriq.study.design.doubts import doubts_of
from eriq.study.design.folds import Fold, make_folds
from eriq.study.design.prepare import prepare
from eriq.study.design.study import Study, summary
from eriq.study.evaluation.sample_size import before_a_run
from eriq.study.groups.columns import group_labels


def check(config: str | Path) -> str:
    """Validate a config with its questionnaire and data, and say what a training would use.

    Raises
    ------
    EriqError
        By cause, with every problem at once.
    """
    experiment = load_experiment(config)
    study = prepare(experiment, narrow=True)
    checked_folds(study, experiment)
    pair = headline_pair(experiment.headline, study.contenders)
    lines = [summary(study), *before_a_run(sample_sizes(study, pair)), *doubts_of(study)]
    lines.append(f"{len(study.contenders)} contenders on the same rows and folds:")
    lines += [f"  {c.name} ({len(c.columns)} columns)" for c in study.contenders]
    file = shipped("experiments", config)
    lines += migrated(load_yaml(file))[1]
    return "\n".join([*lines, *left_to_do(file)])


def left_to_do(file: Path) -> list[str]:
    """Return which lines of a config that `eriq init` wrote still wait for a person."""
    lines = file.read_text("utf-8").splitlines()
    told = []
    for mark, words in ((WRITE, "still to write"), (GUESS, "guessed and still to check")):
        marked = [str(n) for n, line in enumerate(lines, 1) if mark in line and not line.startswith("# Lines that end")]
        if marked:
            told.append(f"{file.name}: {words}: line {', '.join(marked)}. Take the remark away once it is done.")
    return told


def checked_folds(study: Study, experiment: Experiment) -> tuple[Fold, ...]:
    """Return the folds of the main design, once it is sure that declared contenders and audit columns are there.

    Raises
    ------
    ConfigError, CohortError
        When one of them is not, or these people do not allow the design.
    """
    headline_pair(experiment.headline, study.contenders)
    if experiment.groups is not None:
        group_labels(study.design.rows, experiment.groups)
    return tuple(make_folds(study.design, experiment, study.observe_days, external=study.external))
