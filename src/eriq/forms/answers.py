"""Filled-in forms as ANSWERS: codes for labels, both halves of a day in one row, everything odd named and counted."""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from eriq.disclosure import MIN_PEOPLE
from eriq.errors import InstrumentError, nearest
from eriq.forms.arrived import Arrived, folded
from eriq.forms.form import STAMP, Field, Form
from eriq.instrument.instrument import Instrument
from eriq.tables.schema import Column, Problem, answers_columns, check, check_dates, refuse

KEYS = ["client_id", "answered_on"]
A_DAY = re.compile(r"\s*(\d{4}-\d{2}-\d{2})(?:[T ].*)?")  # tools add a time to dates


def to_answers(
    arrived: Sequence[Arrived], instrument: Instrument, forms: Sequence[Form], today: dt.date | None = None
) -> pd.DataFrame:
    """Return filled-in forms as the table ANSWERS.

    Parameters
    ----------
    arrived : sequence of Arrived
        Of one tool, any number of files.
    instrument : Instrument
        The questionnaire that was to be filled in.
    forms : sequence of Form
        Its forms, in all its languages.
    today : date, optional
        Later answers are slips.

    Returns
    -------
    DataFrame of shape (n_client_days, 2 + n_items or more)
        One row per client and day with whichever halves came; `caseworker_id` and `consent` if they were asked for.

    Raises
    ------
    InstrumentError
        If a row is of another questionnaire or version, or does not say of which.
    SchemaError
        With every problem of every file: unknown answers or columns, rows without id or day, halves that come twice.
    """
    _same_questionnaire(arrived, forms[0].stamp)
    fields = {field.name: field for form in forms for field in form.fields}
    problems = [problem for part in arrived for problem in part.problems]
    tables = []
    for part in arrived:
        typed, found = _typed(part, fields, answers_columns(instrument), today or dt.date.today())
        tables.append(typed.set_axis(part.rows.index, axis="index"))
        problems += found
    rows = pd.concat(tables, keys=range(len(tables)))
    halves = {form.respondent: [question.name for question in form.questions] for form in forms}
    problems += _twice(rows, halves, [part.file for part in arrived])
    refuse(problems)
    return _joined(rows, instrument)


def _same_questionnaire(arrived: Sequence[Arrived], stamp: str) -> None:
    """Raise InstrumentError unless every row says that it answers this questionnaire in this version."""
    for part in arrived:
        said = (
            part.rows[STAMP].map(folded, na_action="ignore")
            if STAMP in part.rows
            else pd.Series(pd.NA, part.rows.index)
        )
        silent, other = int(said.isna().sum()), int((said.notna() & (said != folded(stamp))).sum())
        if silent or other:
            raise InstrumentError(
                f"{part.file}: of {len(said):,} row(s) {other:,} answer another questionnaire or version than {stamp}, "
                f"and {silent:,} do not say which; give the one they answer with --instrument"
            )


def _typed(
    part: Arrived, fields: Mapping[str, Field], columns: Sequence[Column], today: dt.date
) -> tuple[pd.DataFrame, list[Problem]]:
    """Return the rows of one file typed as ANSWERS, and what is wrong with them by their places in the file."""
    read, problems = {}, []
    for name, cells in part.rows.drop(columns=STAMP, errors="ignore").items():
        field = fields[str(name)]
        if field.kind == "choice":
            read[name], found = _codes(part.file, cells.reset_index(drop=True), field)
            problems += found
        else:
            read[name] = cells.reset_index(drop=True)
            if field.kind == "date":
                read[name] = read[name].str.replace(A_DAY, r"\1", regex=True)
    optional = [replace(c, optional=c.optional or (c.name in fields and c.name not in KEYS)) for c in columns]
    typed, broken = check(pd.DataFrame(read, index=range(len(part.rows))), optional, part.file)
    broken += check_dates(typed, part.file, today)
    places = part.rows.index.to_numpy()
    return typed, [replace(p, rows=places[p.rows]) for p in (*problems, *broken)]


def _codes(file: str, cells: pd.Series, field: Field) -> tuple[pd.Series, list[Problem]]:
    """Return the code of every cell, given as code or as label, and what is neither."""
    known = _spellings(field)
    spelled = cells.map(folded, na_action="ignore").astype("str").str.replace(r"^(-?\d+)\.0+$", r"\1", regex=True)
    spelled = spelled.where(spelled != "")
    codes = pd.array([known.get(cell) if isinstance(cell, str) else None for cell in spelled], dtype="Int8")
    unknown = (spelled.notna() & codes.isna()).to_numpy(bool)
    if not unknown.any():
        return pd.Series(codes), []
    allowed = [str(choice.code) for choice in field.choices]
    text = f"not an answer to this question, neither a code ({', '.join(allowed)}) nor a label"
    common = spelled[unknown].value_counts()
    # The nearest label of a rare spelling would nearly be a person's answer.
    hints = {nearest(str(cell), known).strip() for cell in common[common >= MIN_PEOPLE].index} - {""}
    if hints:
        text = f"{text}, {int(unknown.sum())} times. {' '.join(sorted(hints))}"
        return pd.Series(codes), [
            Problem(file, field.name, "unknown_answer", f"{field.name}: {text}", np.empty(0, int))
        ]
    return pd.Series(codes), [Problem(file, field.name, "unknown_answer", text, np.flatnonzero(unknown))]


def _spellings(field: Field) -> dict[str, int]:
    """Return the ways in which tools write an answer -> its code; what could be two codes is left out."""
    meant: dict[str, set[int]] = {}
    for choice in field.choices:
        short = [f"m{-choice.code}"] if choice.code < 0 else []
        for spelling in (str(choice.code), *short, *choice.labels.values()):
            meant.setdefault(folded(spelling), set()).add(choice.code)
    return {spelling: codes.pop() for spelling, codes in meant.items() if len(codes) == 1}


def _twice(rows: pd.DataFrame, halves: Mapping[str, list[str]], files: Sequence[str]) -> list[Problem]:
    """Return halves of a client and day that an earlier row holds already."""
    problems = []
    for respondent, items in halves.items():
        there = rows[rows[items].notna().any(axis="columns") & rows[KEYS].notna().all(axis="columns")]
        again = there.index[there.duplicated(KEYS)]
        for place, file in enumerate(files):
            if len(found := again[again.get_level_values(0) == place].get_level_values(1).to_numpy()):
                words = f"answers of the {respondent} for a client and day that came in an earlier row"
                problems.append(Problem(file, "client_id", "duplicate", words, found))
    return problems


def _joined(rows: pd.DataFrame, instrument: Instrument) -> pd.DataFrame:
    """Return one row per client and day, in the order in which they first came."""
    days = rows.groupby(KEYS, sort=False)
    joined = days.first()
    joined["consent"] = days["consent"].min()  # a no counts, whoever said it
    joined = joined.reset_index()
    asked = [name for name in ("caseworker_id", "consent") if joined[name].notna().any()]
    return joined[[*KEYS, *asked, *instrument.item_ids]]
