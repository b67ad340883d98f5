"""The border: read every table of a source, check them together, refuse all problems at once."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import pandas as pd

from eriq.config import TableName, Tables
from eriq.instrument.instrument import Instrument
from eriq.tables import schema
from eriq.tables.belief import read_exposures, with_exposures
from eriq.tables.between import check_known, check_spells
from eriq.tables.cohort import Registers
from eriq.tables.extract import REGISTERS, Extract, read_extract, rename, without_echo
from eriq.tables.halves import HalfCounts, check_halves
from eriq.tables.schema import Problem
from eriq.tables.versions import declared, require_accepted, translated

TABLES = REGISTERS
OF_A_CELL = ("unreadable", "decimal_comma", "missing", "outside_scale", "too_low", "too_high")


__all__ = ["TABLES", "Intake", "check_answers", "check_registers", "read_tables", "rename"]


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
    notices: tuple[str, ...] = ()  # what was not read, and how tables came about
    halves: HalfCounts | None = None  # where they stand apart


def check_registers(
    frames: dict[TableName, pd.DataFrame], today: dt.date, extra: str = "refuse", extracted_on: dt.date | None = None
) -> tuple[Registers, list[Problem]]:
    """Return the register tables typed, and all their problems."""
    checked = {name: check_register(frame, name, today, extra, extracted_on) for name, frame in frames.items()}
    return registers_of(checked)


def check_register(
    frame: pd.DataFrame, name: TableName, today: dt.date, extra: str = "refuse", extracted_on: dt.date | None = None
) -> tuple[pd.DataFrame, list[Problem]]:
    """Return one register table typed, and the problems it has by itself."""
    coded = name in ("spells", "events")  # many rows a person: ids and kinds as whole numbers
    typed, problems = schema.check(frame, TABLES[name], name, extra=extra, coded=coded)
    return typed, problems + schema.check_dates(typed, name, today, extracted_on)


def registers_of(
    checked: Mapping[TableName, tuple[pd.DataFrame, list[Problem]]],
) -> tuple[Registers, list[Problem]]:
    """Return the registers of tables that `check_register` returned, and all problems, those between rows last."""
    typed = {name: checked[name][0] if name in checked else schema.empty(columns) for name, columns in TABLES.items()}
    problems = [problem for name in TABLES if name in checked for problem in checked[name][1]]
    problems += schema.check_repeats(typed["persons"], ["client_id"], "persons")
    problems += check_known(typed["persons"], typed["persons"], "persons")
    problems += schema.check_left(typed["persons"])
    problems += check_spells(typed["spells"])
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
    problems += check_halves(answers)
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
    extra, drawn = source.extra_columns, source.extracted_on
    answered = read_extract(source, "answers", instrument)
    assert answered is not None
    given = declared(answered.frame, source.answers_to)
    if source.in_halves:  # each cell was checked in its own file, and has its row there
        answers, found = check_answers(given, instrument, today, "ignore", drawn)
        told = {(problem.column, problem.code) for problem in answered.problems}
        problems = [
            *answered.problems,
            *(p for p in found if p.code not in OF_A_CELL and (p.column, p.code) not in told),
        ]
    else:
        answers, found = check_answers(given, instrument, today, extra, drawn)
        problems = [*answered.problems, *found]
    exposed: dict[str, str] = {}
    if source.exposures is not None:
        shown, exposed["exposures"], found = read_exposures(source.exposures, today)
        problems += found
        answers = answers if found else with_exposures(answers, shown)
    answered, given = _without_frame(answered), schema.empty(())
    made: dict[TableName, Extract] = {}
    checked: dict[TableName, tuple[pd.DataFrame, list[Problem]]] = {}
    for name in TABLES:  # one table at a time is there both as it was read and typed
        if (part := read_extract(source, name, instrument)) is not None:
            made[name] = _without_frame(part)
            checked[name] = check_register(part.frame, name, today, extra, drawn)
    registers, found = registers_of(checked)
    problems += [*(problem for part in made.values() for problem in part.problems), *found]
    problems = without_echo(problems)
    if source.persons is not None:
        problems += check_known(answers, registers.persons, "answers")
        problems += check_known(registers.spells, registers.persons, "spells")
        problems += check_known(registers.events, registers.persons, "events")
        problems += check_known(registers.forms, registers.persons, "forms")
    parts = (answered, *made.values())
    return Intake(
        answers,
        registers,
        {name: sha256 for part in parts for name, sha256 in part.digests.items()} | exposed,
        source.followed_until or next((part.until for part in parts if part.until), None),
        problems=problems,
        notices=_notices(parts, extra),
        halves=answered.halves,
    )


def _without_frame(part: Extract) -> Extract:
    return replace(part, frame=schema.empty(()))


def _notices(parts: Sequence[Extract], extra: str) -> tuple[str, ...]:
    """Return one line for each thing that was not read, or was made."""
    return tuple(line for part in parts for line in part.notices if extra != "ignore" or ": not read: " not in line)
