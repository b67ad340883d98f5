"""A whole training in one file."""

import datetime as dt
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from eriq.config.censoring import Ipcw
from eriq.config.files import Section, load_yaml, parse_yaml, place_of, shipped
from eriq.config.groups import Groups
from eriq.config.messages import checked
from eriq.config.outcome import OUTCOMES, Outcome
from eriq.config.raters import Raters
from eriq.config.rules import RuleText
from eriq.config.sources import Flat, Simulated, Tables
from eriq.config.versions import migrated
from eriq.disclosure import MIN_PEOPLE, Release
from eriq.errors import ConfigError, nearest

EstimatorName = Literal[
    "prevalence",
    "level_rates",
    "best_rule",
    "logistic",
    "elastic_net",
    "spline_logistic",
    "random_forest",
    "lightgbm",
    "lightgbm_pairs",
    "ebm",
    "hazard",
    "stack",
    "scorecard",
]


class Cross(Section):
    """Every named block with every named estimator."""

    blocks: tuple[str, ...] | Literal["factorial"]
    estimators: tuple[EstimatorName, ...] = Field(min_length=1)


class Headline(Section):
    """The one difference declared before looking: two blocks, two estimators, or both."""

    with_: str = Field(alias="with")
    without: str = "register_full"
    estimator: EstimatorName = "logistic"
    without_estimator: EstimatorName | None = Field(None, description="Of `without`; none: the same.")
    margin: float = Field(0.02, gt=0, description="A gain in AUC below this is practically none.")
    small_below: float = Field(0.03, description="A gain whose lower limit is below this is called small.")
    large_from: float = Field(0.10, description="A gain whose lower limit is from this on is called large.")

    @model_validator(mode="after")
    def _two(self) -> Self:
        if self.with_ == self.without and self.without_estimator in (None, self.estimator):
            raise ValueError("with and without are the same block and estimator, so nothing is compared")
        return self


class Validation(Section):
    """How people are kept apart."""

    design: Literal["grouped_kfold", "leave_one_centre_out", "rolling_origin", "external"] = "grouped_kfold"
    folds: int = Field(5, ge=2, le=50)
    repeats: int = Field(1, ge=1, le=50)
    origins: int = Field(3, ge=1, le=20, description="rolling_origin: number of test periods")
    rolling_clients: Literal["keep_matured", "apart"] = Field(
        "keep_matured",
        description="rolling_origin: waves whose outcome was known train for everyone; or not those of tested clients.",
    )
    external: Tables | Flat | Simulated | None = Field(
        None, discriminator="kind", description="external: the fixed set that is only tested on"
    )
    also: tuple[Literal["leave_one_centre_out", "rolling_origin"], ...] = ()
    test_where: RuleText | None = Field(
        None, description="Of a ready table: rows that are only tested on, as in round == 4; all others train."
    )

    @model_validator(mode="before")
    @classmethod
    def _by_rule(cls, given: Any) -> Any:
        """Take `test_where` for the design it is: one fixed set that is only tested on."""
        if isinstance(given, dict) and given.get("test_where") is not None:
            return {"design": "external", **given}
        return given

    @model_validator(mode="after")
    def _one_set(self) -> Self:
        if self.test_where and (self.design != "external" or self.external is not None):
            raise ValueError("test_where is a design of its own: leave design and external out")
        return self


class Tuning(Section):
    """A search inside the training folds, with the same budget for every contender."""

    candidates: int = Field(1, ge=1, le=200, description="Settings tried per contender; 1 means none.")
    folds: int = Field(3, ge=2, le=10)


class Intervals(Section):
    """How intervals are made: bootstrap of clients, and for the headline refits beside it."""

    cluster: Literal["client", "caseworker", "job_centre"] = Field(
        "client", description="Headline: the unit that varies from sample to sample."
    )
    replicates: int = Field(2000, ge=50)
    refit_replicates: int = Field(200, ge=0, description="For measures that need a fit per replicate.")
    level: float = Field(0.95, gt=0.5, lt=1)


class Capacity(Section):
    """How many people there is room for."""

    shares: tuple[float, ...] = (0.05, 0.10, 0.20)
    numbers: tuple[int, ...] = ()
    thresholds: tuple[float, ...] = (0.02, 0.05, 0.10, 0.20, 0.30)


class Explain(Section):
    """How much is spent on explanations."""

    rows: int = Field(5000, ge=10, description="Rows explained for the global picture.")
    refits: int = Field(20, ge=0, description="Refits on client bootstrap samples, for intervals.")
    reasons: int = Field(5, ge=1, le=50)
    instability_refits: int = Field(8, ge=0, le=50, description="Small ensemble saved with the model.")


class Disclosure(Section):
    """The release rule: which numbers may leave the building."""

    min_people: int = Field(MIN_PEOPLE, ge=3, description="No number is told that rests on fewer.")
    round_to: int | None = Field(None, ge=2, description="Counts of people are told to the nearest multiple of it.")

    @property
    def release(self) -> Release:
        """The rule, as `eriq.disclosure` takes it."""
        return Release(self.min_people, self.round_to)


class Experiment(Section):
    """A whole training, from input to saved model."""

    version: Literal[1]
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    question: str
    source: Tables | Flat | Simulated = Field(discriminator="kind")
    instrument: str | None = Field("eriq22", description="null: no questions are asked, registers alone.")
    variants: dict[str, str] = Field({}, description="block name -> questionnaire that names its items")
    outcome: str | Outcome = "job_entry_12m"
    censoring: Literal["leave_out", "ipcw"] | Ipcw = Field(
        "leave_out", description="Rows whose follow-up ends before their outcome is known."
    )
    lag_days: int = Field(30, ge=0, description="Registers are known this many days late.")
    protected: tuple[str, ...] = Field(
        ("sex", "origin", "area_foreign_citizens", "weak_competitiveness"),
        description="Kept for audit, never a feature of a saved model.",
    )
    leak_auc: float = Field(0.95, gt=0.5, le=1, description="One column alone with this AUC is taken for a leak.")
    trusted: tuple[str, ...] = Field((), description="Columns exempt from leak_auc.")
    missing_policy: Literal["indicator", "worst", "drop"] | None = None
    belief_after_score: Literal["leave_out", "keep"] = Field(
        "leave_out", description="Rows whose caseworker had seen a score before the own belief was recorded."
    )
    missing_sensitivity: bool = False
    contenders: tuple[Cross, ...] = Field(min_length=1)
    headline: Headline
    choose_from: tuple[str, ...] = Field((), description="Blocks the saved model may use; none: the largest.")
    score_parts: bool = Field(
        True, description="Save fits for one half, and without registers, so that what was answered can be scored."
    )
    validation: Validation = Validation()
    tuning: Tuning = Tuning()
    intervals: Intervals = Intervals()
    capacity: Capacity = Capacity()
    groups: Groups | None = Field(Groups(), description="For whom the saved model works; null: not looked at.")
    explain: Explain = Explain()
    disclosure: Disclosure = Disclosure()
    raters: Raters = Field(Raters(), description="Whether eriq raters may name caseworkers; else nobody is named.")
    sign_with_env: str | None = Field(
        None,
        pattern=r"^[A-Za-z_][A-Za-z0-9_]*$",
        description="Environment variable with the path of the private key that signs the model; never a key.",
    )
    seed: int = 1
    today: dt.date | None = Field(None, description="Dates after this are in the future; none: today.")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if isinstance(self.outcome, str) and self.outcome not in OUTCOMES and self.source.kind != "flat":
            raise ValueError(f"outcome '{self.outcome}' is not defined.{nearest(self.outcome, OUTCOMES)}")
        plan = self.validation
        if plan.test_where and self.source.kind != "flat":
            raise ValueError("validation.test_where needs a ready table (source.kind: flat)")
        undated = isinstance(self.source, Flat) and self.source.horizon_days is None
        if undated and "rolling_origin" in (plan.design, *plan.also):
            raise ValueError("rolling_origin needs source.horizon_days: days until the outcome of a row is known")
        if plan.design == "external" and plan.external is None and plan.test_where is None:
            raise ValueError("validation.external says where the set is that design 'external' needs")
        if self.follows_rows:
            self._require_times()
        return self

    @property
    def follows_rows(self) -> bool:
        """Whether rows whose follow-up breaks off are kept: for weights, or for a contender that learns from them."""
        return self.censoring != "leave_out" or self.asks_for("hazard")

    def asks_for(self, estimator: EstimatorName) -> bool:
        """Whether an estimator takes part."""
        return any(estimator in cross.estimators for cross in self.contenders)

    def _require_times(self) -> None:
        """Raise ValueError where nobody can know until when a row was followed, or when its outcome came about."""
        who = "estimator hazard" if self.censoring == "leave_out" else "censoring"
        away = self.validation.external if self.validation.design == "external" else None
        if "flat" in (self.source.kind, away and away.kind):
            raise ValueError(
                f"{who}: a ready table does not say until when a row was followed; only leave_out is possible"
            )
        outcome = self.outcome_definition()
        if outcome.since == "service_end":
            raise ValueError(
                f"{who}: with since: service_end it is not known of censored rows whether they are in at all"
            )
        if outcome.measure == "state" and self.asks_for("hazard"):
            raise ValueError(f"estimator hazard: outcome {outcome.name} is a state on one day; it has no time of entry")

    def outcome_definition(self) -> Outcome:
        """Return the outcome, looked up if it was given by name."""
        return OUTCOMES[self.outcome] if isinstance(self.outcome, str) else self.outcome


def load_experiment(path: str | Path) -> Experiment:
    """Read and check an experiment config.

    Parameters
    ----------
    path : str or Path
        A YAML file, or the plain name of a shipped one; for paths inside it see `place_of`.

    Raises
    ------
    ConfigError
        With every problem at once, and the nearest known key for a misspelt one.

    Examples
    --------
    >>> load_experiment("demo").headline.without
    'register_full'
    """
    file = shipped("experiments", path)
    content, _ = migrated(load_yaml(file))
    if "sink" in content and "contenders" not in content:
        raise ConfigError(
            f"{file.name} is a config for scoring (eriq score {file}); this command takes one for training"
        )
    experiment = checked(Experiment, content, f"{file.name} is not a valid experiment:")
    return _relative_to(experiment, file, path)


def stored_experiment(text: str) -> Experiment:
    """Return the experiment of a saved model from the YAML in its manifest; its files need not be there.

    Raises
    ------
    ConfigError
        When this eriq does not know what is asked there.
    """
    try:
        return Experiment.model_validate(parse_yaml(text))
    except (ValueError, ValidationError):
        raise ConfigError("the config stored with the model is not one that this eriq can read") from None


def _relative_to(experiment: Experiment, file: Path, name: str | Path) -> Experiment:
    """Return `experiment` with its paths taken from `file`; plain names of shipped files stay."""

    def placed(source: Tables | Flat | Simulated) -> Tables | Flat | Simulated:
        paths: dict[str, Any] = {
            field: place_of(file, "experiments", name, value)
            for field in type(source).model_fields
            if isinstance(value := getattr(source, field), Path)
        }
        if isinstance(source, Simulated):
            paths["preset"] = _from(file.parent, source.preset)
        return source.model_copy(update=paths)

    update: dict[str, Any] = {
        "source": placed(experiment.source),
        "instrument": experiment.instrument and _from(file.parent, experiment.instrument),
        "variants": {block: _from(file.parent, other) for block, other in experiment.variants.items()},
    }
    if external := experiment.validation.external:
        update["validation"] = experiment.validation.model_copy(update={"external": placed(external)})
    return experiment.model_copy(update=update)


def _from(folder: Path, name: str) -> str:
    """Return `name` as a path from `folder`, unless it is the plain name of a shipped file."""
    path = Path(name)
    return str(folder / path) if path.suffix or len(path.parts) > 1 else name
