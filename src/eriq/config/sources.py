"""Where people come from: four tables, one ready table, or made up."""

import datetime as dt
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from eriq.config.files import Section
from eriq.config.layout import HALVES, Csv, Layout, Part, Weekly


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


class FlatColumn(Section):
    """What one column of a ready table is."""

    role: Literal["register", "form", "questionnaire", "audit", "after"]
    kind: Literal["continuous", "ordinal", "flag", "category"] = "continuous"
    monotone: Literal[-1, 0, 1] = 0
    label: str | None = None
    malleable: bool = False
    protected: bool = False
    sensitive: bool = Field(False, description="Never named in an explanation, for example a diagnosis.")


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
