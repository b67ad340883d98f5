"""What a report, a card and a tracked run say besides tables."""

import datetime as dt
import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from importlib.metadata import version
from pathlib import Path

import pandas as pd

from eriq import __version__
from eriq.config import Experiment, Flat, Simulated, Tables, dump_yaml
from eriq.disclosure import rounded
from eriq.features.slices import DECIDED, decided_by_somebody
from eriq.instrument.instrument import Instrument
from eriq.model.calibrator import Calibrator
from eriq.model.model import Model
from eriq.source import source_digest
from eriq.study.comparison.choose import savable
from eriq.study.comparison.compare import Comparison
from eriq.study.design.censored import censoring_rule, censoring_sentences, publishable_censoring
from eriq.study.design.study import Study
from eriq.study.evaluation.sample_size import SampleSize, before_a_run
from eriq.study.groups.words import sentences
from eriq.study.learning.estimators import ESTIMATORS
from eriq.study.reporting.base_rates import context_lines
from eriq.study.reporting.words import SIDES, auc_words, leak_check, sides_words, validation_words
from eriq.tables.results import SAVED

CONVENTIONS = {
    "interventional": "interventional: against one stored background of invented rows whose columns do not move "
    "together, the same for every model on these columns",
    "path-dependent": "path-dependent: against the training rows that reach each leaf of a tree, not to be compared "
    "with those of other kinds of model",
}
PACKAGES = ("lightgbm", "mlflow", "numpy", "pandas", "scikit-learn", "scipy", "shap", "skops")


@dataclass(frozen=True, slots=True)
class InstrumentFacts:
    """Which questionnaire was answered, and what its file says of its wording."""

    id: str
    version: str
    digest: str
    notice: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a report, a card and a tracked run say besides tables; what has no default must be known."""

    name: str
    question: str
    sentence: str = ""  # the verdict on the difference declared in advance
    outcome_words: str
    horizon_days: int
    about: str = ""  # where these people come from
    strongest: str = ""  # how much of the declared gain rests on one item
    population: str = ""  # whom the declared comparison is over, and on what they would be scored
    censoring: tuple[str, ...] = ()  # what is done with rows whose follow-up breaks off, and what the weights are like
    censoring_rule: str = "leave_out"  # as declared
    weighted: bool = False  # whether rows count by weight
    groups: tuple[str, ...] = ()  # for whom the saved model works
    remarks: tuple[str, ...] = ()  # how far the registers see, and what counts
    simulated: bool = False
    instrument: InstrumentFacts | None = None
    design: str = ""  # of validation, in words
    also: tuple[str, ...] = ()  # further designs, in words
    sides: str = SIDES  # what training and test may share
    auc: str = ""  # what the AUC is a mean of, where it is one
    folds: int | None = None
    repeats: int | None = None
    seed: int | None = None
    level: float = 0.95  # of intervals
    baseline: str  # name of a contender
    chosen: str  # the same
    chosen_words: str = ""
    calibrator: Calibrator | None = None
    digests: Mapping[str, str] = field(default_factory=dict)
    config_yaml: str = ""
    started: str = ""
    eriq_version: str = ""
    source_digest: str = ""  # of the files of eriq itself
    versions: Mapping[str, str] = field(default_factory=dict)
    leak_checks: tuple[str, ...] = ()
    n_read: int | None  # nothing where it would give a small count away
    n_rows: int
    n_clients: int
    n_events: int
    prevalence: float
    not_saved: str = ""  # why no model is saved, where none is
    not_savable_better: str | None = None  # a contender that did better and cannot be saved
    sample_size_sentences: tuple[str, ...] = ()
    sample_size_enough: bool = True
    model_name: str = ""  # as saved
    context: tuple[str, ...] = ()  # published job rates beside the outcome
    doubts: tuple[str, ...] = ()  # what makes one doubt these people, found before anything was fitted
    decided: str = ""  # which columns are somebody's decision
    convention: str = ""  # what contributions of the saved model are measured against

    def to_json(self) -> str:
        """Return the text of facts.json."""
        return json.dumps(asdict(self), indent=1, ensure_ascii=False)

    def numbers(self) -> dict[str, float]:
        """Return what of it is a number, by name.

        >>> some = Facts(name="a", question="?", outcome_words="work", horizon_days=365, baseline="b", chosen="c",
        ...              n_read=9, n_rows=8, n_clients=7, n_events=6, prevalence=0.75, calibrator=Calibrator(0.0, 1.0))
        >>> list(some.numbers())[-3:]
        ['prevalence', 'calibrator_intercept', 'calibrator_slope']
        """
        found = {k: v for k, v in asdict(self).items() if isinstance(v, int | float) and not isinstance(v, bool)}
        parts = asdict(self.calibrator) if self.calibrator else {}
        return found | {f"calibrator_{name}": value for name, value in parts.items()}


@dataclass(frozen=True, slots=True)
class Noted:
    """What a training noted on its way."""

    started: dt.datetime
    doubts: tuple[str, ...] = ()
    strongest: str = ""
    population: str = ""


def _unit(experiment: Experiment) -> str:
    """Return what folds keep whole: the client, or the groups that a ready table declares."""
    return (experiment.source.groups if isinstance(experiment.source, Flat) else None) or "client"


def facts_of(
    experiment: Experiment,
    study: Study,
    found: Comparison,
    model: Model | None,
    sizes: Sequence[SampleSize],
    noted: Noted,
) -> Facts:
    """Return the facts of a training; the name of the model comes when it is saved."""
    plan, design, unit = experiment.validation, study.judged, _unit(experiment)
    return Facts(
        name=experiment.name,
        question=experiment.question,
        sentence=str(found.tables["headline"]["sentence"].iloc[0]),
        outcome_words=study.outcome_words,
        horizon_days=study.horizon_days,
        about=study.about,
        strongest=noted.strongest,
        population=noted.population,
        censoring=censoring_sentences(experiment, publishable_censoring(study.censoring, study.flow)),
        censoring_rule=censoring_rule(experiment),
        weighted=design.weight is not None,
        groups=sentences(found.tables, experiment),
        remarks=study.remarks,
        simulated=study.truth is not None,
        instrument=_instrument(study.instrument),
        design=validation_words(plan, study.observe_days, unit=unit),
        also=tuple(validation_words(plan, study.observe_days, kind, unit) for kind in plan.also),
        sides=sides_words(plan),
        auc=auc_words(plan.design),
        folds=plan.folds,
        repeats=plan.repeats,
        seed=experiment.seed,
        level=experiment.intervals.level,
        baseline=found.baseline,
        chosen=found.chosen.name,
        chosen_words=f"{ESTIMATORS[found.chosen.estimator].words} on {found.chosen.block}",
        calibrator=model.calibrator if model else None,
        not_saved=found.not_saved,
        digests=study.digests,
        config_yaml=public_config(experiment),
        started=f"{noted.started:%Y-%m-%d %H:%M} UTC",
        eriq_version=__version__,
        source_digest=source_digest(),
        versions={"python": platform.python_version(), **{name: version(name) for name in PACKAGES}},
        leak_checks=_leak_checks(experiment),
        n_read=study.n_read,
        n_rows=len(design.outcome),
        n_clients=study.n_clients,
        n_events=int(design.outcome.sum()),
        prevalence=design.rate,
        not_savable_better=_better_unsavable(found),
        sample_size_sentences=before_a_run(sizes),
        sample_size_enough=all(size.enough for size in sizes),
        context=context_lines(float(design.outcome.mean()), study.outcome_words) if study.intake else (),
        doubts=noted.doubts,
        decided=decided_by_somebody(decisions(study)),
        convention=CONVENTIONS[model.convention] if model else "",
    )


def _leak_checks(experiment: Experiment) -> tuple[str, ...]:
    return (
        leak_check(experiment.validation),
        "register facts dated after the answer, less the reporting lag, are not looked at",
        f"no single column tells the outcome with an AUC of {experiment.leak_auc} or more",
    )


def decisions(study: Study) -> list[str]:
    """Return the columns that somebody decides, as far as a contender or a slice uses them."""
    used = {name for contender in study.contenders for name in contender.columns}
    if study.intake:
        held = study.intake.registers
        known = pd.concat([table.notna().any() for table in (held.persons, held.spells)])
        used |= {f"register.{column}" for column in known.index[known]}
    return [name for name in DECIDED if name in used]


def _instrument(instrument: Instrument | None) -> InstrumentFacts | None:
    return InstrumentFacts(**instrument.stamp, notice=instrument.notice.in_("en")) if instrument else None


def _better_unsavable(found: Comparison) -> str | None:
    """Return the contender with the lowest log loss, if it can be compared only."""
    measures = found.tables["measures"]
    losses = measures[(measures["measure"] == "log_loss") & (measures["contender"] != SAVED)]
    leader = str(losses.set_index("contender")["estimate"].idxmin())
    best = next(c for c in found.contenders if c.name == leader)
    return None if savable(best) else leader


def public_config(experiment: Experiment) -> str:
    """Return the resolved config with file names only: folders can hold names of users."""
    update: dict[str, object] = {
        "source": _bare(experiment.source),
        "instrument": experiment.instrument and Path(experiment.instrument).name,
        "variants": {name: Path(file).name for name, file in experiment.variants.items()},
    }
    if experiment.validation.external:
        external = _bare(experiment.validation.external)
        update["validation"] = experiment.validation.model_copy(update={"external": external})
    return dump_yaml(experiment.model_copy(update=update))


def _bare(source: Tables | Flat | Simulated) -> Tables | Flat | Simulated:
    """Return a source with the names of its files, without their folders."""
    names: dict[str, object] = {
        k: Path(v.name) for k in type(source).model_fields if isinstance(v := getattr(source, k), Path)
    }
    if isinstance(source, Simulated):
        names["preset"] = Path(source.preset).name
    return source.model_copy(update=names)


def told(facts: Facts, *, total_may_show: bool) -> Facts:
    """Return the facts as they may be stored: counts rounded if asked for, no total that gives a small one away."""
    return replace(
        facts,
        n_read=rounded(facts.n_read) if total_may_show and facts.n_read is not None else None,
        n_rows=rounded(facts.n_rows),
        n_clients=rounded(facts.n_clients),
        n_events=rounded(facts.n_events),
    )
