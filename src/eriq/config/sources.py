"""Where people come from: four tables, one ready table, or made up."""

import datetime as dt
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from eriq.config.files import Section
from eriq.config.layout import HALVES, Code, Csv, Layout, Part, Weekly, Written
from eriq.config.rules import RuleText, is_rule, parse_rule
from eriq.config.trial import Assignment
from eriq.errors import ConfigError, nearest


class Tables(Layout):
    """The tables of an agency as it keeps them, and the form staff filled in where there is one."""

    kind: Literal["tables"]
    answers: Path | None = Field(None, description="Both halves in one file.")
    caseworker_answers: Path | None = Field(None, description="The caseworker's half, where it stands apart.")
    client_answers: Path | None = Field(None, description="The client's half, where it stands apart.")
    within_days: int | None = Field(
        None, ge=0, le=366, description="Halves are one questionnaire when at most so many days apart."
    )
    persons: Path | None = None
    spells: Path | None = None
    weekly: Weekly | None = Field(None, description="Spells come with a row per person and a column per week.")
    events: Path | None = None
    forms: Path | None = None
    exposures: Path | None = Field(
        None,
        description="What 'eriq decide exposures' wrote: when beliefs were recorded, and when scores were shown.",
    )
    answers_to: str | None = Field(
        None,
        description="'id version' of the questionnaire where rows have no column instrument; none: the config's own.",
    )
    columns: dict[Part, dict[str, str]] = Field({}, description="table -> {our name: name in the file}")
    extra_columns: Literal["notice", "refuse", "ignore"] = Field(
        "notice", description="Columns nobody asked for: a line that names them, an error, or nothing."
    )
    followed_until: dt.date | None = Field(None, description="Last day the registers cover, for everyone.")
    extracted_on: dt.date | None = Field(None, description="Day the tables were drawn; none: today.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.followed_until and self.extracted_on and self.followed_until > self.extracted_on:
            raise ValueError("followed_until lies after extracted_on: nobody has seen those days")
        return self

    @model_validator(mode="after")
    def _answers_once(self) -> Self:
        halves = [getattr(self, half) is not None for half in HALVES]
        if any(halves) == (self.answers is not None) or any(halves) != all(halves):
            raise ValueError("give either answers, or caseworker_answers with client_answers and within_days")
        if any(halves) != (self.within_days is not None):
            raise ValueError("within_days goes with caseworker_answers and client_answers, and they with it")
        if self.weekly and self.spells is None:
            raise ValueError("weekly says how spells is written, and there is no spells")
        return self

    @property
    def in_halves(self) -> bool:
        """Whether the caseworker's and the client's answers stand apart."""
        return self.answers is None

    def columns_of(self, part: Part) -> dict[str, str]:
        """Return our names of a table's columns and theirs; those of a half count before those of answers."""
        return {**(self.columns.get("answers", {}) if part in HALVES else {}), **self.columns.get(part, {})}


def _word(given: Any) -> Any:
    """Return a label as text, in whatever way YAML read it; no and yes are words here."""
    if isinstance(given, bool):
        return "yes" if given else "no"
    return f"{given:g}" if isinstance(given, int | float) else given


Word = Annotated[str, BeforeValidator(_word, json_schema_input_type=Written | bool)]
Words = Word | dict[Literal["en", "sv", "da"], str]  # in one language for all, or by it


class FlatColumn(Section):
    """What one column of a ready table is."""

    role: Literal["register", "form", "questionnaire", "audit", "after"]
    kind: Literal["continuous", "ordinal", "flag", "category", "date"] = "continuous"
    monotone: Literal[-1, 0, 1] = 0
    label: Words | None = Field(None, description="What explanations call it; by language where there are several.")
    malleable: bool = False
    protected: bool = False
    sensitive: bool = Field(False, description="Never named in an explanation, for example a diagnosis.")
    low: float | None = Field(None, description="A smaller number is a slip, and the row is refused or set aside.")
    high: float | None = None
    missing: tuple[Code, ...] = Field((), description="Codes that stand for no value.")
    levels: tuple[Code, ...] = Field(
        (), description="ordinal: from the lowest to the highest; category: all there are."
    )
    labels: dict[Word, Words] = Field({}, description="level -> what it means")
    since: dt.date | None = Field(None, description="date: days since this day; none: days up to the answer.")
    until: str | None = Field(
        None, description="date: the column of the day that later dates are not looked at from; none: the answer."
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.levels and self.kind not in ("ordinal", "category"):
            raise ValueError(f"levels belong to kind ordinal or category, and this one is {self.kind}")
        if len({*self.levels}) < len(self.levels) or len(self.levels) == 1:
            raise ValueError("levels needs two or more, each once")
        if both := {*self.levels} & {*self.missing}:
            raise ValueError(f"{len(both)} level(s) are missing codes as well")
        numbers = self.kind == "continuous" or (self.kind == "ordinal" and not self.levels)
        if (self.low is not None or self.high is not None) and not numbers:
            raise ValueError("low and high belong to numbers")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError("low is above high")
        if self.labels and self.kind in ("continuous", "date"):
            raise ValueError(f"labels belong to levels, and kind {self.kind} has none")
        known = self.levels or (("0", "1") if self.kind == "flag" else ())
        if known and (odd := [name for name in self.labels if name not in known]):
            raise ValueError(f"labels: '{odd[0]}' is not a level.{nearest(odd[0], known)}")
        if self.kind != "date" and (self.since or self.until):
            raise ValueError("since and until belong to kind date")
        return self


def _outcome(text: str) -> str:
    if is_rule(text):
        try:
            parse_rule(text)
        except ConfigError as why:
            raise ValueError(str(why)) from None
    return text


class Flat(Section):
    """One ready table; roles of its columns are given here, unnamed columns are left out."""

    kind: Literal["flat"]
    file: Path
    client: str
    outcome: Annotated[str, AfterValidator(_outcome)] = Field(
        description="A column of 0 and 1, or a rule that makes one, as in unemp_weeks <= 52."
    )
    horizon_days: int | None = Field(None, gt=0, description="Days after an answer by which its outcome is known.")
    answered_on: str | None = None
    job_centre: str | None = None
    groups: str | None = Field(
        None, description="Column of villages, centres, ...: nobody of a group is tested by a model that saw the group."
    )
    weights: str | None = Field(None, description="Column of sampling weights.")
    assignment: Assignment | None = Field(None, description="A trial's columns: declared, so that none is a feature.")
    keep: RuleText | None = Field(None, description="Rows that count, as in age >= 18 and round == 4.")
    columns: dict[str, FlatColumn] = Field(min_length=1)
    csv: Csv = Csv()
    notice: str = Field("", description="Printed on every report, for example the origin of the data.")

    @property
    def outcome_columns(self) -> tuple[str, ...]:
        """The columns that tell the outcome: one, or those of the rule that makes it."""
        return tuple(parse_rule(self.outcome).kinds) if is_rule(self.outcome) else (self.outcome,)

    @model_validator(mode="after")
    def _written(self) -> Self:
        for key in ("client", "outcome"):
            if getattr(self, key) == "?":
                raise ValueError(f"{key} is still '?': write the name of a column of the table there")
        return self

    @model_validator(mode="after")
    def _dated(self) -> Self:
        for name, column in self.columns.items():
            if column.kind == "date" and not (column.since or column.until or self.answered_on):
                raise ValueError(f"column '{name}' is a date: give it since, or answered_on to the source")
        return self


class Simulated(Section):
    """A made-up cohort."""

    kind: Literal["simulated"]
    preset: str = "claim"
    clients: int = Field(5512, ge=20)
    seed: int = 2013
