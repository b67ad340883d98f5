"""A batch that is run again and again, in one file."""

import datetime as dt
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from eriq.config.excluded import refuse_excluded
from eriq.config.files import KeyFile, Section, load_yaml, place_of, shipped
from eriq.config.layout import Layout
from eriq.config.messages import checked
from eriq.config.objects import ObjectInput, ObjectOutput
from eriq.config.sources import Tables
from eriq.config.versions import migrated


class FileInput(Layout):
    """Answers in a file; a folder may have registers beside them."""

    kind: Literal["file"] = "file"
    path: Path
    columns: dict[str, str] = Field({}, description="our name -> name in the file")

    @property
    def folder(self) -> Path | None:
        """Where registers may stand beside the answers."""
        return self.path if self.path.is_dir() else None


class _QueryInput(Layout):
    table: str | None = None
    query: str | None = None
    order_by: tuple[str, ...] = Field(("client_id", "answered_on"), min_length=1, description="Named as there.")
    columns: dict[str, str] = Field({}, description="our name -> name in the table")

    @property
    def folder(self) -> None:
        """A database has no registers beside the answers."""

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if (self.table is None) == (self.query is None):
            raise ValueError("give either table or query")
        if self.answers_form == "long":
            raise ValueError("answers_form: long is for files; let the query turn rows into columns")
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
    trusted_keys: tuple[KeyFile, ...] | None = Field(
        None, min_length=1, description="Public key files, one of which must have signed the model."
    )
    source: FileInput | SqlInput | DuckDbInput | ObjectInput | Tables = Field(discriminator="kind")
    sink: FileOutput | SqlOutput | DuckDbOutput | ObjectOutput = Field(discriminator="kind")
    previous: Path | None = Field(
        None,
        description="A file of earlier answers, both halves in it, written as those of source: what changes between "
        "waves, a change of caseworker and caseload are counted from.",
    )
    answers_to: str | None = Field(
        None,
        description="'id version' of the questionnaire where rows have no column instrument; none: the model's own.",
    )
    consent: Literal["required", "not_collected"] = Field(
        "required", description="not_collected: the answers have no column consent, and everyone is scored."
    )
    language: Literal["en", "sv", "da"] | None = Field(
        None, description="Of labels and answers; none: the first that the questionnaire has."
    )
    audience: Literal["caseworker", "operator"] = "operator"
    show: Literal["probability", "band", "reasons"] | None = Field(
        None, description="None: reasons for caseworkers, probability for operators."
    )
    reasons: int = Field(5, ge=0, le=50)
    interval: bool = Field(False, description="Range of the probability over the refits saved with the model.")
    rank: bool = Field(False, description="Rank within the run, 1 for the highest probability.")
    ties: Literal["min", "dense", "average"] = Field("min", description="Rank of equal probabilities.")
    rank_moves: float = Field(0.1, gt=0, le=1, description="Share of the run a rank may move over the refits.")
    capacity: int | None = Field(
        None,
        ge=1,
        description="How many rows there is room for; a client with several questionnaires in the input takes several.",
    )
    without_registers: Literal["refuse", "use"] | None = Field(
        None,
        description="A model that uses registers: refuse, or use the fit without them. None: use it for clients whom "
        "the registers beside the answers do not know; if there are no registers at all the job is refused.",
    )
    no_forecast_between: tuple[float, float] | None = Field(
        None, description="[low, high]: a probability in this band is withheld, and basis says so."
    )
    out_of_range: Literal["score", "withhold"] = Field(
        "score", description="withhold: no forecast for a row with a column outside the range seen in training."
    )
    shift: Literal["warn", "refuse", "off"] = Field(
        "warn",
        description="Before a row is written, a sample from the beginning of the input is held against training: "
        "warn, or refuse the job, where a column moved by as much as matters.",
    )
    chunk_rows: int = Field(20_000, ge=1, le=1_000_000, description="Bounds memory: a chunk is held at a time.")
    access: Literal["owner", "group"] = Field("owner", description="Who may read what is written: 0600, or 0640.")
    today: dt.date | None = Field(None, description="Dates after this are in the future; none: the day the job began.")

    @model_validator(mode="before")
    @classmethod
    def _no_excluded_use(cls, given: Any) -> Any:
        return refuse_excluded(given)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.audience == "caseworker" and self.shown != "reasons":
            raise ValueError("a caseworker is shown reasons only: a number could lower the belief that helps")
        if self.shown == "reasons" and not self.reasons:
            raise ValueError("nothing would be shown: reasons is 0 and probabilities are not shown")
        if self.rank and self.sink.kind not in ("file", "object"):
            raise ValueError("rank needs a file as sink; a database ranks by itself")
        if self.capacity is not None and not self.rank:
            raise ValueError("capacity needs rank: true")
        low, high = self.no_forecast_between or (0.0, 1.0)
        if not 0 <= low < high <= 1:
            raise ValueError("no_forecast_between must rise and lie between 0 and 1")
        return self

    @property
    def shown(self) -> Literal["probability", "band", "reasons"]:
        """What the output shows, by the audience where nothing else was asked."""
        return self.show or ("reasons" if self.audience == "caseworker" else "probability")


def load_scoring_job(name: str | Path) -> ScoringJob:
    """Read and check a scoring config: a file, whose paths are relative to it, or the plain name of a shipped one.

    Raises
    ------
    ConfigError
        With every problem at once, and the nearest known key for a misspelt one.

    Examples
    --------
    >>> load_scoring_job("caseworkers").shown
    'reasons'
    """
    file = shipped("scoring", name)
    job = checked(ScoringJob, migrated(load_yaml(file))[0], f"{file.name} is not a valid scoring job:")
    update: dict[str, Any] = {}
    for part in ("source", "sink"):
        section = getattr(job, part)
        paths = {
            field: place_of(file, "scoring", name, value)
            for field in type(section).model_fields
            if isinstance(value := getattr(section, field), Path)
        }
        update[part] = section.model_copy(update=paths)
    if job.previous:
        update["previous"] = place_of(file, "scoring", name, job.previous)
    if job.trusted_keys:
        update["trusted_keys"] = tuple(place_of(file, "scoring", name, key) for key in job.trusted_keys)
    if not job.model.startswith("models:/") and (file.parent / job.model).is_dir():
        update["model"] = str(file.parent / job.model)
    return job.model_copy(update=update)
