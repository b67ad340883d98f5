"""A ready table as read: missing codes taken out, ranges, levels and dates checked, the same to train and to score."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from eriq.config import Flat, FlatColumn
from eriq.config.rules import Rule, is_rule, parse_rule
from eriq.errors import nearest
from eriq.tables import schema
from eriq.tables.rules import holds, rule_columns
from eriq.tables.schema import Column, Problem

DTYPES = {"continuous": "Float64", "ordinal": "Float64", "flag": "Float64", "category": "str", "date": "datetime64[us]"}


def contract(name: str, column: FlatColumn) -> Column:
    """Return what one declared column may contain.

    >>> contract("edu", FlatColumn(role="register", kind="ordinal", levels=["low", "high"])).allowed
    ('low', 'high')
    """
    dtype = "str" if column.levels else DTYPES[column.kind]
    allowed = column.levels or ((0, 1) if column.kind == "flag" else ())
    return Column(name, dtype, allowed=allowed, low=column.low, high=column.high)


def read_ready(
    frame: pd.DataFrame, wanted: Sequence[Column], declared: Mapping[str, FlatColumn]
) -> tuple[pd.DataFrame, list[Problem]]:
    """Return columns of a ready table, typed, and every rule they break.

    Parameters
    ----------
    frame : DataFrame of shape (n_rows, any)
        As read from a file.
    wanted : sequence of Column
        What to read; a declared column among them has its missing codes taken out first.
    declared : mapping of str to FlatColumn

    Returns
    -------
    typed : DataFrame of shape (n_rows, n_wanted)
    problems : list of Problem
        A column that is not there comes with the nearest name in the file; a level that the declared ones leave out
        is told by rows, never by its name.
    """
    found = [str(name) for name in frame.columns]
    given = frame.copy(deep=False)
    for name in (column.name for column in wanted):
        if name in declared and declared[name].missing and found.count(name) == 1:
            place = found.index(name)
            given.isetitem(place, _without(frame.iloc[:, place], declared[name]).array)
    typed, problems = schema.check(given, wanted, "table", extra="ignore")
    ordered = {name for name, column in declared.items() if column.levels}
    return typed, [_told(problem, found, ordered) for problem in problems]


def rule_holds(frame: pd.DataFrame, rule: Rule, declared: Mapping[str, FlatColumn]) -> tuple[pd.Series, list[Problem]]:
    """Return, per row of a ready table, whether a rule holds, and what cannot be read of its columns."""
    asked = [name for name, kind in rule.kinds.items() if kind == "gap" and list(frame.columns).count(name) == 1]
    plain = frame.assign(**{name: schema.as_text(frame[name]) for name in asked})  # whatever it holds, is it there?
    typed, problems = read_ready(plain, rule_columns(rule), declared)
    return holds(rule, typed), problems


def flat_outcome(frame: pd.DataFrame, source: Flat) -> tuple[pd.Series, list[Problem]]:
    """Return the outcome of each row of a ready table, 0, 1 or missing, and what cannot be read of it."""
    if is_rule(source.outcome):
        holds, problems = rule_holds(frame, parse_rule(source.outcome), source.columns)
        return holds.astype("Int8"), problems
    typed, problems = read_ready(frame, [Column(source.outcome, "Int8", allowed=(0, 1))], source.columns)
    return typed[source.outcome], problems


def _without(given: pd.Series, column: FlatColumn) -> pd.Series:
    """Return a column with its missing codes as gaps; a number is the code however it is written."""
    text = schema.as_text(given).str.strip().str.replace(r"[ T]00:00:00$", "", regex=True)
    gone = text.isin(column.missing)
    if DTYPES[column.kind] == "Float64" and not column.levels:
        numbers = pd.to_numeric(pd.Series(column.missing, dtype="str"), errors="coerce").dropna()
        gone |= pd.to_numeric(text, errors="coerce").isin(numbers)
    return given.mask(gone.to_numpy(bool))


def _told(problem: Problem, found: Sequence[str], ordered: set[str]) -> Problem:
    if problem.code == "no_column":
        return replace(problem, text=problem.text + "." + nearest(problem.column, found))
    if problem.code == "outside_scale" and problem.column in ordered:
        return replace(problem, text="a level that `levels` leaves out")
    return problem


def once(problems: Sequence[Problem]) -> list[Problem]:
    """Return problems without those told already: a column may be read for several purposes."""
    kept: list[Problem] = []
    for problem in problems:
        same = [k for k in kept if (k.column, k.code) == (problem.column, problem.code)]
        if not any(np.array_equal(k.rows, problem.rows) for k in same):
            kept.append(problem)
    return kept
