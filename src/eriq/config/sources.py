"""Where people come from: four tables, one ready table, or made up."""

import datetime as dt
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from eriq.config.files import Section

TableName = Literal["answers", "persons", "spells", "events", "forms"]


class Csv(Section):
    """How a text file is written; the delimiter is found when it is not given."""

    delimiter: Literal[",", ";", "\t", "|"] | None = None
    encoding: str = "utf-8"
    decimal: Literal[".", ","] = "."


class Tables(Section):
    """Four tables as an agency keeps them, and the form staff filled in where there is one."""

    kind: Literal["tables"]
    answers: Path
    persons: Path | None = None
    spells: Path | None = None
    events: Path | None = None
    forms: Path | None = None
    answers_to: str | None = Field(
        None,
        description="'id version' of the questionnaire where rows have no column instrument; none: the config's own.",
    )
    columns: dict[TableName, dict[str, str]] = Field({}, description="table -> {our name: name in the file}")
    extra_columns: Literal["refuse", "ignore"] = "refuse"
    csv: Csv = Csv()
    followed_until: dt.date | None = Field(None, description="Last day the registers cover, for everyone.")
    extracted_on: dt.date | None = Field(None, description="Day the tables were drawn; none: today.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.followed_until and self.extracted_on and self.followed_until > self.extracted_on:
            raise ValueError("followed_until lies after extracted_on: nobody has seen those days")
        return self


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
