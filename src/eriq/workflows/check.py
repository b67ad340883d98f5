"""Look at a config with its questionnaire and data; train nothing."""

from pathlib import Path

from eriq.config import Experiment, load_experiment
from eriq.study.comparison.sample import sample_size
from eriq.study.comparison.verdict import headline_pair
from eriq.study.design.folds import Fold, make_folds
from eriq.study.design.prepare import prepare
from eriq.study.design.study import Study, summary


def check(config: str | Path) -> str:
    """Validate a config with its questionnaire and data, and say what a training would use.

    Raises
    ------
    EriqError
        By cause, with every problem at once.
    """
    experiment = load_experiment(config)
    study = prepare(experiment)
    checked_folds(study, experiment)
    lines = [summary(study), *sample_size(study).sentences]
    lines.append(f"{len(study.contenders)} contenders on the same rows and folds:")
    lines += [f"  {c.name} ({len(c.columns)} columns)" for c in study.contenders]
    return "\n".join(lines)


def checked_folds(study: Study, experiment: Experiment) -> tuple[Fold, ...]:
    """Return the folds of the main design, once it is sure that the declared contenders take part.

    Raises
    ------
    ConfigError, CohortError
        When one of them does not, or these people do not allow the design.
    """
    headline_pair(experiment.headline, study.contenders)
    return tuple(make_folds(study.design, experiment, study.observe_days, external=study.external))
