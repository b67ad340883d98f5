"""An agency's own extract in our form: files read, columns renamed, codes and dates in our words, shapes made ours."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

import numpy as np
import pandas as pd

from eriq.config import HALVES, Layout, Part, TableName, Tables, Weekly
from eriq.errors import ConfigError, SchemaError, bullets, nearest
from eriq.instrument.fits import RESPONDENTS
from eriq.instrument.instrument import Instrument
from eriq.tables import schema
from eriq.tables.cells import cell_text
from eriq.tables.files import Read, read_declared
from eriq.tables.halves import HalfCounts, join_halves
from eriq.tables.long_answers import wide_answers
from eriq.tables.own_dates import date_problems
from eriq.tables.schema import SHOWN_ROWS, Column, Problem
from eriq.tables.versions import foreign_items
from eriq.tables.weekly import spells_of_weeks, week_columns
from eriq.tables.words import in_our_words, unknown_codes, words_of

REGISTERS: dict[TableName, tuple[Column, ...]] = {
    "persons": schema.PERSONS,
    "spells": schema.SPELLS,
    "events": schema.EVENT_COLUMNS,
    "forms": schema.FORMS,
}
TOLD_BY_WORDS = ("unknown_code", "undeclared_label", "date_format")
ECHOES = ("unreadable", "outside_scale", "decimal_comma")  # of the same cells
LONG = (Column("item", "str"), Column("answer", "str"))


@dataclass(frozen=True, slots=True, eq=False)
class Extract:
    """One table in our form, before its contract is checked."""

    frame: pd.DataFrame
    digests: dict[str, str]
    problems: tuple[Problem, ...] = ()  # each says what its table's contract need not say again
    notices: tuple[str, ...] = ()
    halves: HalfCounts | None = None
    until: dt.date | None = None  # last day that a weekly register covers


def read_extract(source: Tables, name: TableName, instrument: Instrument) -> Extract | None:
    """Return a table of a source in our form, or None where the source has no such table.

    Parameters
    ----------
    source : Tables
    name : str
    instrument : Instrument
        The questionnaire that was answered.

    Raises
    ------
    ConfigError, SourceError, SchemaError
        By cause.
    """
    if name == "answers" and source.in_halves:
        return _halves(source, instrument)
    path = getattr(source, name)
    if path is None:
        return None
    return _part(source, name, columns_of(name, instrument), instrument)


def columns_of(name: TableName, instrument: Instrument) -> tuple[Column, ...]:
    """Return the columns that a table may have: those of its contract, and of questionnaires that ours accepts."""
    return answers_columns(instrument) if name == "answers" else REGISTERS[name]


def answers_columns(instrument: Instrument) -> tuple[Column, ...]:
    """Return the columns that a table of answers may have: ours, and those of questionnaires that ours accepts."""
    more = (Column(name, "Int8", optional=True) for name in sorted(foreign_items(instrument)))
    return (*schema.answers_columns(instrument), *more)


def rename(frame: pd.DataFrame, mapping: Mapping[str, str], columns: Sequence[Column], table: str) -> pd.DataFrame:
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
    # Without a hint: where there is no header, the nearest name is a value of the first person.
    problems += [f"{ours}: the file has no column '{name}'" for ours, name in mapping.items() if name not in found]
    problems += [f"'{name}' is named {theirs.count(name)} times" for name in set(theirs) if theirs.count(name) > 1]
    if problems:
        raise ConfigError(bullets(f"source.columns.{table} does not fit the file:", sorted(problems)))
    return frame.rename(columns={name: ours for ours, name in mapping.items()})


def in_our_form(
    read: Read,
    layout: Layout,
    part: Part,
    columns: Sequence[Column],
    mapping: Mapping[str, str],
    instrument: Instrument,
) -> Extract:
    """Return a table that was read in our form: renamed, long made wide, in our words.

    Parameters
    ----------
    read : Read
    layout : Layout
    part : str
    columns : sequence of Column
        The contract.
    mapping : mapping of str to str
        Our names and those in the file.
    instrument : Instrument
    """
    long = layout.answers_form == "long" and part in ("answers", *HALVES)
    wanted = (*columns, *LONG) if long else tuple(columns)
    frame = rename(read.frame, mapping, wanted, part)
    back = {theirs: ours for ours, theirs in mapping.items()}
    declared = None
    if read.declared is not None:
        declared = {back.get(theirs, theirs): said for theirs, said in read.declared.items()}
    words = words_of(layout, part, wanted, instrument)
    problems: list[Problem] = []
    notices = [_unread(frame, wanted, part)]
    if long:
        first = replace(words, columns=LONG)
        blank = _blank(frame, "item")
        frame = in_our_words(frame, first, declared)
        ignored = _blank(frame, "item") & ~blank
        if ignored.any():
            notices.append(f"{part}: {int(ignored.sum()):,} answers to items that codes.{part}.item leaves unread")
        frame, problems = wide_answers(frame[~ignored], instrument, part)
        words = replace(words, columns=tuple(columns))
    frame = in_our_words(frame, words, declared)
    problems += [*unknown_codes(frame, words, declared), *date_problems(frame, words.columns, words.dates, part)]
    return Extract(frame, {part: read.sha256}, tuple(problems), tuple(filter(None, notices)))


def _part(source: Tables, part: Part, columns: Sequence[Column], instrument: Instrument) -> Extract:
    weekly = part == "spells" and source.weekly is not None
    read = read_declared(getattr(source, part), source.csv, source.sheet(part), coded=not weekly)
    if part == "spells" and source.weekly is not None:
        return _weekly(read, source, source.weekly)
    return in_our_form(read, source, part, columns, source.columns_of(part), instrument)


def _weekly(read: Read, source: Tables, weekly: Weekly) -> Extract:
    """Return spells from a row per person and a column per week; codes and missing ones are those of `weekly`."""
    mapping = source.columns_of("spells")
    frame = rename(read.frame, mapping, (Column("client_id", "str"),), "spells with weekly")
    made = spells_of_weeks(frame, weekly)
    weeks = week_columns(frame.columns, weekly.columns)
    rest = [name for name in frame.columns if str(name) not in weeks]
    unread = _unread(frame[rest], (Column("client_id", "str"),), "spells")
    told = f"spells: {len(weeks):,} weeks from {made.first} to {made.until}, one status per person and week"
    notices = (told, unread) if unread else (told,)
    return Extract(made.spells, {"spells": read.sha256}, tuple(made.problems), notices, until=made.until)


def _halves(source: Tables, instrument: Instrument) -> Extract:
    """Return answers from the caseworker's and the client's file, each read by its own contract and joined."""
    assert source.within_days is not None
    reads = [read_declared(getattr(source, part), source.csv, source.sheet(part)) for part in HALVES]
    headers = [[str(name) for name in read.frame.columns] for read in reads]
    shared = source.columns.get("answers", {})
    if lost := [
        f"{ours}: no half has a column '{name}'"
        for ours, name in shared.items()
        if name not in {*headers[0], *headers[1]}
    ]:
        raise ConfigError(bullets("source.columns.answers does not fit the files:", lost))
    made: list[Extract] = []
    problems: list[Problem] = []
    for part, respondent, read, header in zip(HALVES, RESPONDENTS, reads, headers, strict=True):
        others = {item.id for item in instrument.items if item.respondent != respondent}
        columns = tuple(column for column in answers_columns(instrument) if column.name not in others)
        mapping = {ours: name for ours, name in shared.items() if name in header and ours not in others}
        codes = {name: held for name, held in source.codes_of(part).items() if name not in others}
        own = source.model_copy(update={"codes": {part: codes}})
        half = in_our_form(read, own, part, columns, {**mapping, **source.columns.get(part, {})}, instrument)
        found = [str(name) for name in half.frame.columns]
        if lacking := [
            f"column {name} is not there once" for name in ("client_id", "answered_on") if found.count(name) != 1
        ]:
            raise SchemaError(bullets(f"{part} cannot be joined:", lacking))
        typed, more = schema.check(half.frame, columns, part, extra=source.extra_columns)
        more += schema.check_repeats(typed, ["client_id", "answered_on"], part)
        problems += without_echo([*half.problems, *more])
        made.append(half)
    answers, counts, torn = join_halves(made[0].frame, made[1].frame, source.within_days, instrument)
    digests = {part: sha256 for half in made for part, sha256 in half.digests.items()}
    notices = tuple(notice for half in made for notice in half.notices)
    return Extract(answers, digests, (*problems, *torn), notices, halves=counts)


def without_echo(problems: Sequence[Problem]) -> list[Problem]:
    """Return problems less what a contract says of cells that a map, label or date format has spoken of already."""
    told = {(problem.table, problem.column) for problem in problems if problem.code in TOLD_BY_WORDS}
    return [p for p in problems if p.code not in ECHOES or (p.table, p.column) not in told]


def _unread(frame: pd.DataFrame, columns: Sequence[Column], part: Part) -> str:
    """Return a line that names the columns nobody asked for, or nothing."""
    known = [column.name for column in columns]
    found = [str(name) for name in frame.columns]
    absent = [name for name in known if name not in found]
    shown = [f"{name}{_close(name, absent)}" for name in found if name not in known]
    more = f" and {len(shown) - SHOWN_ROWS} more" if len(shown) > SHOWN_ROWS else ""
    return f"{part}: not read: {', '.join(shown[:SHOWN_ROWS])}{more}" if shown else ""


def _close(name: str, absent: Sequence[str]) -> str:
    close = get_close_matches(name.casefold(), absent, n=1, cutoff=0.8)
    return f" (is it {close[0]}?)" if close else ""


def _blank(frame: pd.DataFrame, name: str) -> np.ndarray:
    if name not in frame:
        return np.zeros(len(frame), dtype=bool)
    text = cell_text(frame[name])
    return (text.isna() | (text == "")).to_numpy(bool)
