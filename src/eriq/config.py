"""What people write in YAML: frozen, complete, and refusing what it does not know."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, Self

import yaml
from pydantic import BaseModel, Field, ValidationError, model_validator

from eriq.errors import ConfigError, EriqError, bullets, nearest


class Section(BaseModel, frozen=True, extra="forbid"):
    """A part of a file that a person edits."""


# --- files ---------------------------------------------------------------------------------


class _StrictLoader(yaml.SafeLoader):
    """YAML without repeated keys: the last one would win without a word."""


def _mapping(loader: _StrictLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    keys = [loader.construct_object(key) for key, _ in node.value]
    if any(isinstance(key, list | dict) for key in keys):
        raise yaml.YAMLError(f"line {node.start_mark.line + 1}: a key must be a name")
    if repeated := {str(key) for key in keys if keys.count(key) > 1}:
        raise yaml.YAMLError(f"line {node.start_mark.line + 1}: key given twice: {', '.join(sorted(repeated))}")
    return {key: loader.construct_object(value, deep=True) for key, (_, value) in zip(keys, node.value, strict=True)}


_StrictLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def load_yaml(path: Path, error: type[EriqError] = ConfigError) -> dict[str, Any]:
    """Return the mapping in a YAML file, or raise `error` saying what is wrong with it."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise error(f"there is no file {path}") from None
    except (OSError, ValueError) as why:
        raise error(f"{path} cannot be read: {type(why).__name__}") from None
    try:
        content = yaml.load(text, Loader=_StrictLoader)
    except yaml.YAMLError as why:
        place = getattr(why, "problem_mark", None)
        at = f" at line {place.line + 1}" if place else ""
        raise error(f"{path.name} is not valid YAML{at}: {getattr(why, 'problem', None) or why}") from None
    except (ValueError, RecursionError) as why:  # a date such as 2013-02-30, brackets without end
        raise error(f"{path.name} is not valid YAML: {why}") from None
    if not isinstance(content, dict):
        raise error(f"{path.name} must hold keys and values, and is {'empty' if content is None else 'something else'}")
    return content


def dump_yaml(content: BaseModel) -> str:
    """Return a section as YAML that can be read again, defaults filled in."""
    return yaml.safe_dump(content.model_dump(mode="json", by_alias=True), sort_keys=False, allow_unicode=True)


def shipped(kind: str, name: str | Path) -> Path:
    """Return the file `name` means: a path, or the plain name of one shipped in ``configs/<kind>``.

    >>> shipped("instruments", "eriq22").name
    'eriq22.yaml'
    """
    path = Path(name)
    if path.suffix or len(path.parts) > 1:
        return path
    here = Path(__file__).resolve()
    folders = [root / "configs" / kind for root in (here.parent, here.parents[2])]  # an installed wheel, a checkout
    for folder in folders:
        if (found := folder / f"{name}.yaml").is_file():
            return found
    known = [file.stem for folder in folders for file in folder.glob("*.yaml")]
    raise ConfigError(f"no '{name}' among the shipped {kind}.{nearest(str(name), known)}")


def validation_lines(error: ValidationError) -> Iterator[str]:
    """Yield one line per problem: where and what, never the value given."""
    known = {f.alias or name for section in _sections(Section) for name, f in section.model_fields.items()}
    for problem in error.errors(include_url=False, include_input=False):
        where = ".".join(str(part) for part in problem["loc"]) or "the file"
        if problem["type"] == "extra_forbidden":
            yield f"{where}: not a known key.{nearest(str(problem['loc'][-1]), known)}"
        else:
            yield f"{where}: {problem['msg'].removeprefix('Value error, ')}"


def _sections(base: type[Section]) -> Iterator[type[Section]]:
    for child in base.__subclasses__():
        yield child
        yield from _sections(child)


# --- outcome -------------------------------------------------------------------------------

Work = Literal["work_unsubsidised", "work_subsidised", "work_sheltered"]
Status = Literal[
    "work_unsubsidised",
    "work_subsidised",
    "work_sheltered",
    "education",
    "social_assistance",
    "unemployment_benefit",
    "sickness_benefit",
    "disability_benefit",
    "activation",
]


class Outcome(Section):
    """What is predicted: named, and printed beside every number."""

    name: str
    words: str = Field(description="The outcome in one phrase, as a report prints it.")
    kinds: tuple[Status, ...] = Field(min_length=1)
    horizon_days: int = Field(365, gt=0)
    minimum_weeks: int = Field(4, ge=0, description="Shortest spell that counts as an entry.")
    measure: Literal["entry", "state"] = "entry"
    at_risk: Literal["not_in_kinds", "everyone"] = "not_in_kinds"

    @property
    def observe_days(self) -> int:
        """Days of follow-up needed before a "no" can be told from "not yet known"."""
        return self.horizon_days + (7 * self.minimum_weeks if self.measure == "entry" else 0)


_PAID: tuple[Status, ...] = ("work_unsubsidised", "work_subsidised")
_FOUR: tuple[Status, ...] = (*_PAID, "work_sheltered", "education")
OUTCOMES = {
    o.name: o
    for o in (
        Outcome(name="job_entry_12m", words="job entry within 12 months", kinds=_PAID),
        Outcome(
            name="job_entry_12m_unsubsidised",
            words="entry into unsubsidised work within 12 months",
            kinds=("work_unsubsidised",),
        ),
        Outcome(
            name="trial_any_15m",
            words="in unsubsidised, subsidised or sheltered work or in education 15 months later",
            kinds=_FOUR,
            horizon_days=456,
            minimum_weeks=0,
            measure="state",
            at_risk="everyone",
        ),
        Outcome(
            name="trial_work_15m",
            words="in unsubsidised, subsidised or sheltered work 15 months later",
            kinds=(*_PAID, "work_sheltered"),
            horizon_days=456,
            minimum_weeks=0,
            measure="state",
            at_risk="everyone",
        ),
    )
}


# --- sources -------------------------------------------------------------------------------

TableName = Literal["answers", "persons", "spells", "events"]


class Csv(Section):
    """How a text file is written; the delimiter is found when it is not given."""

    delimiter: Literal[",", ";", "\t", "|"] | None = None
    encoding: str = "utf-8"
    decimal: Literal[".", ","] = "."


class Tables(Section):
    """Four tables as an agency keeps them."""

    kind: Literal["tables"]
    answers: Path
    persons: Path | None = None
    spells: Path | None = None
    events: Path | None = None
    columns: dict[TableName, dict[str, str]] = Field({}, description="table -> {our name: name in the file}")
    extra_columns: Literal["refuse", "ignore"] = "refuse"
    csv: Csv = Csv()
    followed_until: dt.date | None = Field(None, description="Last day the registers cover, for everyone.")


class FlatColumn(Section):
    """What one column of a ready table is."""

    role: Literal["register", "questionnaire", "audit", "after"]
    kind: Literal["continuous", "ordinal", "flag", "category"] = "continuous"
    monotone: Literal[-1, 0, 1] = 0
    label: str | None = None
    malleable: bool = False
    protected: bool = False


class Flat(Section):
    """One ready table; roles of its columns are given here, unnamed columns are left out."""

    kind: Literal["flat"]
    file: Path
    client: str
    outcome: str
    answered_on: str | None = None
    job_centre: str | None = None
    columns: dict[str, FlatColumn] = Field(min_length=1)
    csv: Csv = Csv()
    notice: str = Field("", description="Printed on every report, for example the origin of the data.")


class Simulated(Section):
    """A made-up cohort."""

    kind: Literal["simulated"]
    preset: str = "claim"
    clients: int = Field(5512, ge=20)
    seed: int = 2013


# --- experiment ----------------------------------------------------------------------------

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
]


class Cross(Section):
    """Every named block with every named estimator."""

    blocks: tuple[str, ...] | Literal["factorial"]
    estimators: tuple[EstimatorName, ...] = Field(min_length=1)


class Headline(Section):
    """The one difference declared before looking: blocks with and without, and the estimator."""

    with_: str = Field(alias="with")
    without: str = "register_full"
    estimator: EstimatorName = "logistic"
    small_below: float = Field(0.03, description="A shown gain in AUC below this is called small.")
    large_from: float = Field(0.10, description="A shown gain in AUC from this on is called large.")


class Validation(Section):
    """How people are kept apart."""

    design: Literal["grouped_kfold", "leave_one_centre_out", "rolling_origin", "external"] = "grouped_kfold"
    folds: int = Field(5, ge=2, le=50)
    repeats: int = Field(1, ge=1, le=50)
    origins: int = Field(3, ge=1, le=20, description="rolling_origin: number of test periods")
    external: Tables | Flat | Simulated | None = Field(
        None, discriminator="kind", description="external: the fixed set that is only tested on"
    )
    also: tuple[Literal["leave_one_centre_out", "rolling_origin"], ...] = ()


class Tuning(Section):
    """A search inside the training folds, with the same budget for every contender."""

    candidates: int = Field(1, ge=1, le=200, description="Settings tried per contender; 1 means none.")
    folds: int = Field(3, ge=2, le=10)


class Intervals(Section):
    """Bootstrap of clients."""

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


class Experiment(Section):
    """A whole training, from input to saved model."""

    version: Literal[1]
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    question: str
    source: Tables | Flat | Simulated = Field(discriminator="kind")
    instrument: str | None = "eriq22"
    variants: dict[str, str] = Field({}, description="block name -> questionnaire that names its items")
    outcome: str | Outcome = "job_entry_12m"
    lag_days: int = Field(30, ge=0, description="Registers are known this many days late.")
    protected: tuple[str, ...] = Field(("sex", "origin"), description="Kept for audit, never a feature.")
    leak_auc: float = Field(0.95, gt=0.5, le=1, description="One column alone with this AUC is taken for a leak.")
    trusted: tuple[str, ...] = Field((), description="Columns exempt from leak_auc.")
    missing_policy: Literal["indicator", "worst", "drop"] | None = None
    missing_sensitivity: bool = False
    contenders: tuple[Cross, ...] = Field(min_length=1)
    headline: Headline
    choose_from: tuple[str, ...] = Field((), description="Blocks the saved model may use; none: all.")
    validation: Validation = Validation()
    tuning: Tuning = Tuning()
    intervals: Intervals = Intervals()
    capacity: Capacity = Capacity()
    explain: Explain = Explain()
    seed: int = 1
    today: dt.date | None = Field(None, description="Dates after this are in the future; none: today.")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if isinstance(self.outcome, str) and self.outcome not in OUTCOMES and self.source.kind != "flat":
            raise ValueError(f"outcome '{self.outcome}' is not defined.{nearest(self.outcome, OUTCOMES)}")
        if self.source.kind != "flat" and self.instrument is None:
            raise ValueError("instrument is needed unless the source is flat")
        if self.validation.design == "external" and self.validation.external is None:
            raise ValueError("validation.external says where the set is that design 'external' needs")
        return self

    def outcome_definition(self) -> Outcome:
        """Return the outcome, looked up if it was given by name."""
        return OUTCOMES[self.outcome] if isinstance(self.outcome, str) else self.outcome


def load_experiment(path: str | Path) -> Experiment:
    """Read and check an experiment config.

    Parameters
    ----------
    path : str or Path
        A YAML file; paths inside it are relative to its folder.

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
    content = load_yaml(file)
    try:
        experiment = Experiment.model_validate(content)
    except ValidationError as error:
        raise ConfigError(bullets(f"{file.name} is not a valid experiment:", validation_lines(error))) from None
    return _relative_to(experiment, file.parent)


def stored_experiment(text: str) -> Experiment:
    """Return the experiment of a saved model from the YAML in its manifest; its files need not be there.

    Raises
    ------
    ConfigError
        When this eriq does not know what is asked there.
    """
    try:
        return Experiment.model_validate(yaml.load(text, Loader=_StrictLoader))
    except (yaml.YAMLError, ValidationError):
        raise ConfigError("the config stored with the model is not one that this eriq can read") from None


def _relative_to(experiment: Experiment, folder: Path) -> Experiment:
    """Return `experiment` with its paths taken from `folder`; plain names of shipped files stay."""
    update: dict[str, Any] = {
        "source": _source_from(folder, experiment.source),
        "instrument": experiment.instrument and _from(folder, experiment.instrument),
        "variants": {name: _from(folder, file) for name, file in experiment.variants.items()},
    }
    if external := experiment.validation.external:
        update["validation"] = experiment.validation.model_copy(update={"external": _source_from(folder, external)})
    return experiment.model_copy(update=update)


def _source_from(folder: Path, source: Tables | Flat | Simulated) -> Tables | Flat | Simulated:
    paths: dict[str, Any] = {
        name: folder / value for name in type(source).model_fields if isinstance(value := getattr(source, name), Path)
    }
    if isinstance(source, Simulated):
        paths["preset"] = _from(folder, source.preset)
    return source.model_copy(update=paths)


def _from(folder: Path, name: str) -> str:
    """Return `name` as a path from `folder`, unless it is the plain name of a shipped file."""
    path = Path(name)
    return str(folder / path) if path.suffix or len(path.parts) > 1 else name


# --- scoring -------------------------------------------------------------------------------


class FileInput(Section):
    """Answers in a file; a folder may have registers beside them."""

    kind: Literal["file"] = "file"
    path: Path
    columns: dict[str, str] = Field({}, description="our name -> name in the file")
    csv: Csv = Csv()


class _QueryInput(Section):
    table: str | None = None
    query: str | None = None
    order_by: tuple[str, ...] = Field(("client_id", "answered_on"), min_length=1, description="Named as there.")
    columns: dict[str, str] = Field({}, description="our name -> name in the table")

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if (self.table is None) == (self.query is None):
            raise ValueError("give either table or query")
        return self


class SqlInput(_QueryInput):
    """Answers in a database; its address is in an environment variable, never here."""

    kind: Literal["sql"]
    url_env: str = Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")


class DuckDbInput(_QueryInput):
    """Answers in a DuckDB file."""

    kind: Literal["duckdb"]
    file: Path


class FileOutput(Section):
    """Scores in a file; rows set aside and a manifest are written beside it."""

    kind: Literal["file"] = "file"
    path: Path


class SqlOutput(Section):
    """Scores in a table of a database; its address is in an environment variable, never here."""

    kind: Literal["sql"]
    url_env: str = Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    table: str


class DuckDbOutput(Section):
    """Scores in a table of a DuckDB file."""

    kind: Literal["duckdb"]
    file: Path
    table: str


class ScoringJob(Section):
    """A batch that is run again and again."""

    version: Literal[1]
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    model: str = Field(description="Folder, name under models/, or models:/name@alias.")
    source: FileInput | SqlInput | DuckDbInput = Field(discriminator="kind")
    sink: FileOutput | SqlOutput | DuckDbOutput = Field(discriminator="kind")
    answers_to: str | None = Field(None, description="'id version' of the questionnaire; none: the model's own.")
    language: Literal["en", "sv", "da"] = "en"
    audience: Literal["caseworker", "operator"] = "operator"
    show: Literal["probability", "band", "reasons"] | None = Field(
        None, description="None: reasons for caseworkers, probability for operators."
    )
    reasons: int = Field(5, ge=0, le=50)
    interval: bool = Field(False, description="Range of the probability over the refits saved with the model.")
    rank: bool = Field(False, description="Rank within the run, 1 for the highest probability.")
    ties: Literal["min", "dense", "average"] = Field("min", description="Rank of equal probabilities.")
    rank_moves: float = Field(0.1, gt=0, le=1, description="Share of the run a rank may move over the refits.")
    capacity: int | None = Field(None, ge=1, description="How many people there is room for.")
    chunk_rows: int = Field(20_000, ge=1, le=1_000_000, description="Bounds memory: a chunk is held at a time.")
    today: dt.date | None = Field(None, description="Dates after this are in the future; none: the day the job began.")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.shown == "reasons" and not self.reasons:
            raise ValueError("nothing would be shown: reasons is 0 and probabilities are not shown")
        if self.rank and self.sink.kind != "file":
            raise ValueError("rank needs a file as sink; a database ranks by itself")
        if self.capacity is not None and not self.rank:
            raise ValueError("capacity needs rank: true")
        return self

    @property
    def shown(self) -> Literal["probability", "band", "reasons"]:
        """What the output shows, by the audience where nothing else was asked."""
        return self.show or ("reasons" if self.audience == "caseworker" else "probability")


def load_scoring_job(path: Path) -> ScoringJob:
    """Read and check a scoring config; paths inside it are relative to its folder.

    Raises
    ------
    ConfigError
        With every problem at once, and the nearest known key for a misspelt one.
    """
    content = load_yaml(path)
    try:
        job = ScoringJob.model_validate(content)
    except ValidationError as error:
        raise ConfigError(bullets(f"{path.name} is not a valid scoring job:", validation_lines(error))) from None
    update: dict[str, Any] = {}
    for part in ("source", "sink"):
        section = getattr(job, part)
        paths = {n: path.parent / v for n in type(section).model_fields if isinstance(v := getattr(section, n), Path)}
        update[part] = section.model_copy(update=paths)
    if not job.model.startswith("models:/") and (path.parent / job.model).is_dir():
        update["model"] = str(path.parent / job.model)
    return job.model_copy(update=update)


# --- promotion -----------------------------------------------------------------------------


class Gates(Section):
    """What a model must show before it gets an alias such as champion."""

    version: Literal[1] = 1
    calibration_slope: tuple[float, float] | None = Field(
        (0.75, 1.33), description="The whole interval of the slope lies within; null: not asked."
    )
    not_worse: dict[Literal["log_loss", "brier", "auc"], float] = Field(
        {"log_loss": 0.005}, description="measure -> how much worse than the present model it may be, at most."
    )
    fairness: Literal["required", "not_required"] = "not_required"
    level: float = Field(0.95, gt=0.5, lt=1)
    replicates: int = Field(2000, ge=100, description="Bootstrap samples of clients.")
    seed: int = Field(1, ge=0)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.calibration_slope is not None and not 0 < self.calibration_slope[0] < 1 < self.calibration_slope[1]:
            raise ValueError("calibration_slope must be a range around 1, such as [0.75, 1.33]")
        if wrong := [name for name, margin in self.not_worse.items() if margin < 0]:
            raise ValueError(f"not_worse.{wrong[0]} must not be negative: it is how much worse is still accepted")
        return self


def load_gates(path: Path | None = None) -> Gates:
    """Read and check the gates of a promotion; without a path those that are built in.

    Raises
    ------
    ConfigError
        With every problem at once, and the nearest known key for a misspelt one.

    Examples
    --------
    >>> load_gates().fairness
    'not_required'
    """
    if path is None:
        return Gates()
    content = load_yaml(path)
    try:
        return Gates.model_validate(content)
    except ValidationError as error:
        raise ConfigError(bullets(f"{path.name} is not a valid list of gates:", validation_lines(error))) from None
