"""The border: read every table of a source, check them together, refuse all problems at once."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd

from eriq.config import TableName, Tables
from eriq.errors import ConfigError, bullets, nearest
from eriq.instrument.instrument import Instrument
from eriq.tables import schema
from eriq.tables.cohort import Registers
from eriq.tables.files import read_with_digest
from eriq.tables.schema import Column, Problem
from eriq.tables.versions import declared, foreign_items, require_accepted, translated

TABLES: dict[TableName, tuple[Column, ...]] = {
    "persons": schema.PERSONS,
    "spells": schema.SPELLS,
    "events": schema.EVENT_COLUMNS,
    "forms": schema.FORMS,
}


@dataclass(frozen=True, slots=True, eq=False)
class Intake:
    """Checked tables, their digests, and the truth where people were made up."""

    answers: pd.DataFrame
    registers: Registers
    digests: dict[str, str]
    followed_until: dt.date | None = None
    truth: pd.DataFrame | None = None
    about: str = ""
    problems: list[Problem] = field(default_factory=list)


def rename(frame: pd.DataFrame, mapping: dict[str, str], columns: Sequence[Column], table: str) -> pd.DataFrame:
    """Return `frame` with the file's names replaced by ours (`mapping` is ours -> theirs).

    Raises
    ------
    ConfigError
        When the mapping names a column that the contract or the file does not have, or one of the
        file twice: an optional column would else be missing without a word.

    Examples
    --------
    >>> rename(pd.DataFrame({"cpr": ["007"]}), {"client_id": "cpr"}, schema.PERSONS, "persons").columns.tolist()
    ['client_id']
    """
    known, found = [c.name for c in columns], [str(name) for name in frame.columns]
    theirs = list(mapping.values())
    problems = [f"{ours}: not a column of {table}.{nearest(ours, known)}" for ours in mapping if ours not in known]
    problems += [f"{ours}: the file has no column '{name}'" for ours, name in mapping.items() if name not in found]
    problems += [f"'{name}' is named {theirs.count(name)} times" for name in set(theirs) if theirs.count(name) > 1]
    if problems:
        raise ConfigError(bullets(f"source.columns.{table} does not fit the file:", sorted(problems)))
    return frame.rename(columns={name: ours for ours, name in mapping.items()})


def answers_columns(instrument: Instrument) -> tuple[Column, ...]:
    """Return the columns that a table of answers may have: ours, and those of questionnaires that ours accepts."""
    more = (Column(name, "Int8", optional=True) for name in sorted(foreign_items(instrument)))
    return (*schema.answers_columns(instrument), *more)


def check_registers(
    frames: dict[TableName, pd.DataFrame], today: dt.date, extra: str = "refuse", extracted_on: dt.date | None = None
) -> tuple[Registers, list[Problem]]:
    """Return the register tables typed, and all their problems."""
    typed, problems = {}, []
    for name, columns in TABLES.items():
        if name not in frames:
            typed[name] = schema.empty(columns)
            continue
        typed[name], found = schema.check(frames[name], columns, name, extra=extra)
        problems += found + schema.check_dates(typed[name], name, today, extracted_on)
    problems += schema.check_repeats(typed["persons"], ["client_id"], "persons")
    problems += schema.check_known(typed["persons"], typed["persons"], "persons")
    problems += schema.check_left(typed["persons"])
    problems += schema.check_spells(typed["spells"])
    problems += schema.check_repeats(typed["forms"], ["client_id", "filled_on"], "forms")
    return Registers(typed["persons"], typed["spells"], typed["events"], typed["forms"]), problems


def check_answers(
    frame: pd.DataFrame,
    instrument: Instrument,
    today: dt.date,
    extra: str = "refuse",
    extracted_on: dt.date | None = None,
) -> tuple[pd.DataFrame, list[Problem]]:
    """Return ANSWERS typed, and its problems, row by row; what answers another questionnaire is taken over first."""
    frame, strange = translated(frame, instrument)
    answers, problems = check_own_answers(frame, instrument, today, extra, extracted_on)
    return answers, strange + problems


def check_own_answers(
    frame: pd.DataFrame,
    instrument: Instrument,
    today: dt.date,
    extra: str = "refuse",
    extracted_on: dt.date | None = None,
) -> tuple[pd.DataFrame, list[Problem]]:
    """Return ANSWERS typed, and its problems, where every row stands in our items and codes."""
    answers, problems = schema.check(frame, schema.answers_columns(instrument), "answers", extra=extra)
    problems += schema.check_dates(answers, "answers", today, extracted_on)
    if answers["wave"].notna().any():
        problems += schema.check_repeats(answers, ["client_id", "wave"], "answers")
    problems += schema.check_repeats(answers, ["client_id", "answered_on"], "answers")
    return answers, problems


def read_tables(source: Tables, instrument: Instrument, today: dt.date) -> Intake:
    """Return the tables of `source`, typed, with every problem they have.

    Parameters
    ----------
    source : Tables
        Where the four tables are and how their columns are called.
    instrument : Instrument
        The questionnaire that was answered.
    today : date
        Later dates are in the future; where `source` says when the tables were drawn, that day counts.

    Returns
    -------
    Intake
        With `problems`; a training refuses them all at once with `schema.refuse`.
    """
    require_accepted(instrument, source.answers_to, "this config")
    frames: dict[TableName, pd.DataFrame] = {}
    digests: dict[str, str] = {}
    names: tuple[TableName, ...] = ("answers", *TABLES)
    for name in names:
        path = getattr(source, name)
        if path is not None:
            columns = answers_columns(instrument) if name == "answers" else TABLES[name]
            frame, digests[name] = read_with_digest(path, source.csv)
            frames[name] = rename(frame, source.columns.get(name, {}), columns, name)
    given = declared(frames["answers"], source.answers_to)
    answers, problems = check_answers(given, instrument, today, source.extra_columns, source.extracted_on)
    registers, found = check_registers(frames, today, source.extra_columns, source.extracted_on)
    problems += found
    if source.persons is not None:
        problems += schema.check_known(answers, registers.persons, "answers")
        problems += schema.check_known(registers.spells, registers.persons, "spells")
        problems += schema.check_known(registers.events, registers.persons, "events")
        problems += schema.check_known(registers.forms, registers.persons, "forms")
    return Intake(answers, registers, digests, source.followed_until, problems=problems)
