"""How an agency's own files are written: their names, codes, labels, dates and shapes, and what they are in ours."""

import datetime as dt
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, field_validator

from eriq.config.files import Section
from eriq.config.outcome import Status

TableName = Literal["answers", "persons", "spells", "events", "forms"]
Part = Literal["answers", "caseworker_answers", "client_answers", "persons", "spells", "events", "forms"]
HALVES: tuple[Part, Part] = ("caseworker_answers", "client_answers")
A_DAY = dt.date(1987, 11, 24)  # day, month, and both ends of the year differ


def plain(text: object) -> str:
    """Return a code or label as it is compared: without case and needless spaces.

    >>> plain("  I høj  GRAD ")
    'i høj grad'
    """
    return " ".join(str(text).split()).casefold()


def code_text(code: object) -> str:
    """Return a code of YAML as a text file would hold it; ValueError for true and false, whose words are lost."""
    if isinstance(code, bool):
        raise ValueError("put yes, no, on, off, true and false in quotes: YAML reads them as something else")
    if isinstance(code, float) and code.is_integer():
        code = int(code)
    return "" if code is None else str(code)


def _each_once(given: Any) -> Any:
    """Raise ValueError when two codes of a map are one once case and spaces are set aside."""
    if isinstance(given, Mapping):
        seen: dict[str, str] = {}
        for code in map(code_text, given):
            if (first := seen.setdefault(plain(code), code)) is not code:
                raise ValueError(f"the code '{code}' is there twice (also as '{first}')")
    return given


def _day_format(given: str) -> str:
    """Return a format that gives a day back as it was written."""
    try:
        back = dt.datetime.strptime(A_DAY.strftime(given), given).date()
    except (ValueError, re.error):  # the second of a sign that is there twice
        back = None
    if back != A_DAY:
        raise ValueError(f"'{given}' is no format of a date; %d is the day, %m the month, %Y the year, as in %d-%m-%Y")
    return given


Written = str | int | float | None  # as YAML may read a code
Code = Annotated[str, BeforeValidator(code_text, json_schema_input_type=Written)]
Ours = Annotated[
    str | None,
    BeforeValidator(lambda given: None if given is None else code_text(given), json_schema_input_type=Written),
]
CodeMap = Annotated[dict[Code, Ours], BeforeValidator(_each_once, json_schema_input_type=dict[str, Written])]
DayFormat = Annotated[str, AfterValidator(_day_format)]


class Csv(Section):
    """How a text file is written; the delimiter is found when it is not given."""

    delimiter: Literal[",", ";", "\t", "|"] | None = None
    encoding: str = "utf-8"
    decimal: Literal[".", ","] = "."


class Weekly(Section):
    """A register with one row per person and one column per week: how such columns are called, what a code means."""

    columns: str = Field(description=r"Pattern of a week's column, as y_(?P<year>\d{2})(?P<week>\d{2}); ISO weeks.")
    codes: Annotated[
        dict[Code, Status | Literal["no_status"] | None],
        BeforeValidator(_each_once, json_schema_input_type=dict[str, Status | Literal["no_status"] | None]),
    ] = Field(min_length=1, description="their code in a week -> our status; no_status or null: no spell")

    @field_validator("columns")
    @classmethod
    def _has_year_and_week(cls, given: str) -> str:
        try:
            groups = re.compile(given).groupindex
        except re.error:
            raise ValueError("not a regular expression") from None
        if not {"year", "week"} <= set(groups):
            raise ValueError(r"needs the groups (?P<year>\d{2}) and (?P<week>\d{2})")
        return given


class Layout(Section):
    """How files are written, per table; where nothing is said, as in docs/data.md."""

    codes: dict[Part, dict[str, CodeMap]] = Field({}, description="table -> our column -> {their code: ours}")
    answer_labels: Literal["en", "sv", "da"] | None = Field(
        None, description="Items hold the questionnaire's labels in this language in place of codes."
    )
    missing: dict[Part | Literal["*"], dict[str, tuple[Code, ...]]] = Field(
        {}, description="table -> our column -> cells that mean no value; '*' is every table or column"
    )
    dates: DayFormat | dict[Part, DayFormat | dict[str, DayFormat]] = Field(
        {}, description="One format, one per table, or table -> {our column: format}."
    )
    sheets: dict[Part, str] = Field({}, description="table -> sheet of its workbook")
    answers_form: Literal["wide", "long"] = Field(
        "wide", description="long: a row per answer, in the columns item and answer."
    )
    csv: Csv = Csv()

    @property
    def says_nothing(self) -> bool:
        """Whether cells are in our form and words already."""
        return not (self.codes or self.answer_labels or self.missing or self.dates) and self.answers_form == "wide"

    def codes_of(self, part: Part) -> dict[str, CodeMap]:
        """Return the maps of a table; those of a half count before those of answers."""
        return {**(self.codes.get("answers", {}) if part in HALVES else {}), **self.codes.get(part, {})}

    def missing_in(self, part: Part, column: str) -> frozenset[str]:
        """Return the cells of a column that mean no value, as they are compared."""
        tables = [self.missing.get(name, {}) for name in ("*", "answers" if part in HALVES else part, part)]
        return frozenset(plain(cell) for table in tables for name in ("*", column) for cell in table.get(name, ()))

    def date_format(self, part: Part, column: str) -> str | None:
        """Return how dates of a column are written, if it is said."""
        if isinstance(self.dates, str):
            return self.dates
        for name in (part, "answers") if part in HALVES else (part,):
            found = self.dates.get(name)
            if isinstance(found, str):
                return found
            if found and column in found:
                return found[column]
        return None

    def sheet(self, part: Part) -> str | None:
        """Return the sheet of a table; a half has that of answers unless it has its own."""
        return self.sheets.get(part) or (self.sheets.get("answers") if part in HALVES else None)
