"""Which questionnaire each row of answers is to, and answers to another one taken over as ours declares."""

import numpy as np
import pandas as pd

from eriq.disclosure import count_words
from eriq.errors import InstrumentError
from eriq.instrument.instrument import Instrument
from eriq.instrument.versions import Taken
from eriq.tables import schema
from eriq.tables.schema import Column, Problem

OUTSIDE = 101  # for a code that a map does not name: no scale has it
VERSION = Column("instrument", "str")


def require_accepted(instrument: Instrument | None, label: str | None, whose: str) -> None:
    """Raise InstrumentError where answers are declared to be to a questionnaire that `instrument` does not accept."""
    if label is None or (instrument and label in (instrument.label, *instrument.accepts)):
        return
    if instrument is None:
        raise InstrumentError(f"{whose} rests on a ready table, not on a questionnaire")
    raise InstrumentError(
        f"{whose} rests on {instrument.label}; these answers are to {label}, for which it declares no mapping; it "
        f"accepts {_accepted(instrument)}"
    )


def foreign_items(instrument: Instrument) -> frozenset[str]:
    """Return the columns in which answers to accepted questionnaires may stand, beside our own."""
    theirs = {taken.item for accepted in instrument.accepts.values() for taken in accepted.values()}
    return frozenset(theirs - set(instrument.item_ids))


def declared(raw: pd.DataFrame, label: str | None) -> pd.DataFrame:
    """Return rows as read, with `label` where a row does not say itself what it answers.

    >>> declared(pd.DataFrame({"instrument": ["b 1.0.0", None]}), "a 1.0.0")["instrument"].tolist()
    ['b 1.0.0', 'a 1.0.0']
    """
    if label is None or list(raw.columns).count(VERSION.name) > 1:
        return raw
    if VERSION.name not in raw.columns:
        return raw.assign(instrument=pd.Series(label, index=raw.index, dtype="str"))
    given = raw[VERSION.name]
    blank = given.isna() | (schema.as_text(given).str.strip() == "")
    return raw.assign(instrument=given.astype(object).mask(blank, label))


def translated(raw: pd.DataFrame, instrument: Instrument) -> tuple[pd.DataFrame, list[Problem]]:
    """Return rows as read, in our items and codes, row by row by their column `instrument`.

    A row that does not say what it answers is taken as an answer to ours. An item of ours that the other questionnaire
    does not have gets our code for "not asked". A questionnaire without items asks nothing and takes every row.

    Parameters
    ----------
    raw : DataFrame of shape (n_rows, any)
        With a RangeIndex, under our names; columns of accepted questionnaires under theirs.
    instrument : Instrument

    Returns
    -------
    rows : DataFrame of shape (n_rows, any)
    problems : list of Problem
        Rows to a questionnaire that ours does not accept, and columns that a map needs and the table lacks.
    """
    if list(raw.columns).count(VERSION.name) != 1 or not instrument.items:
        return raw, []
    once = schema.read_column(pd.Series(raw[VERSION.name].unique()), VERSION)
    others = sorted({*once.dropna()} - {instrument.label})
    if not others:
        return raw, []
    named = schema.read_column(raw[VERSION.name], VERSION).fillna(instrument.label)
    problems = []
    strange = ~named.isin([instrument.label, *instrument.accepts]).to_numpy(bool)
    if strange.any():
        words = (
            f"a questionnaire or version that {instrument.label} does not accept (it accepts {_accepted(instrument)})"
        )
        problems.append(Problem("answers", VERSION.name, "not_accepted", words, np.flatnonzero(strange)))
    columns: dict[str, pd.Series] = {}
    own = bool((named == instrument.label).any())
    for item in instrument.item_ids:
        if item not in raw.columns and own:
            continue  # rows of ours need it: the schema says so
        column = raw[item] if item in raw.columns else pd.Series(pd.NA, index=raw.index, dtype="Int8")
        for other in others:
            if other in instrument.accepts:
                here, taken = (named == other).to_numpy(bool), instrument.accepts[other].get(item)
                if taken is not None and list(raw.columns).count(taken.item) != 1:
                    text = f"column {taken.item} of {other} is not there, or twice"
                    problems.append(Problem("answers", taken.item, "no_column", text, np.empty(0, dtype=np.int64)))
                    continue
                theirs = _not_asked(raw, instrument) if taken is None else _taken(raw[taken.item], taken)
                # One kind of answers keeps its type; of several, cells go as they are written.
                column = theirs if here.all() else column.astype(object).mask(here, theirs.astype(object))
        columns[item] = column
    rest = raw.drop(columns=[name for name in raw.columns if name in columns or name in foreign_items(instrument)])
    return pd.concat([rest, pd.DataFrame(columns, index=raw.index)], axis="columns"), problems


def taken_over(answers: pd.DataFrame, instrument: Instrument) -> tuple[str, ...]:
    """Return a sentence for every other questionnaire whose answers were taken over.

    Parameters
    ----------
    answers : DataFrame of shape (n_rows, any)
        ANSWERS, checked.
    instrument : Instrument
    """
    found = answers[VERSION.name].value_counts().sort_index()
    return tuple(
        f"{count_words(int(rows))} answers to {label} are taken over: {len(instrument.accepts[label])} of "
        f"{len(instrument.items)} items, the others count as not asked."
        for label, rows in found.items()
        if label in instrument.accepts
    )


def _accepted(instrument: Instrument) -> str:
    return ", ".join((instrument.label, *instrument.accepts))


def _not_asked(raw: pd.DataFrame, instrument: Instrument) -> pd.Series:
    code = next((missing.code for missing in instrument.missing_codes if missing.name == "not_asked"), pd.NA)
    return pd.Series(code, index=raw.index, dtype="Int8")


def _taken(given: pd.Series, taken: Taken) -> pd.Series:
    """Return their answers in our codes; cells that are no whole number stay as they are, for the schema to judge."""
    if not taken.codes:
        return given
    code = schema.read_column(given, Column(taken.item, "Int8"))
    ours = code.map(lambda their: their if their < 0 else taken.codes.get(int(their), OUTSIDE), na_action="ignore")
    return ours.astype("Int8").astype(object).where(code.notna(), given.astype(object))
