"""Weekly registers: one row per person and one column per week become spells.

A week of the Danish register (DREAM) has one code, that of a benefit received for even one day, and of several only the
strongest: unemployment hides social assistance, sick pay hides activation. So spells made of it describe careers, and
not how many received what in a week.
"""

import datetime as dt
import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from eriq.config import Weekly, plain
from eriq.errors import ConfigError, SchemaError, bullets
from eriq.tables.cells import cell_text
from eriq.tables.schema import SHOWN_ROWS, Problem
from eriq.tables.words import codes_told

FIRST_YEAR = 70  # of two digits; smaller ones are of this century
A_WEEK = np.timedelta64(7, "D")
NO_SPELL = "no_status"
NO_ROWS = np.empty(0, dtype=np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class WeeklySpells:
    """Spells made from weeks, and how far the weeks reach."""

    spells: pd.DataFrame  # client_id, started_on (a Monday), ended_on (a Sunday, or a gap in the last week), status
    first: dt.date  # Monday of the first week
    until: dt.date  # Sunday of the last week
    problems: list[Problem]


def spells_of_weeks(frame: pd.DataFrame, weekly: Weekly) -> WeeklySpells:
    r"""Return a spell for each run of consecutive weeks of one status.

    Parameters
    ----------
    frame : DataFrame of shape (n_people, any)
        client_id and the columns of weeks; others are not looked at.
    weekly : Weekly
        How columns of weeks are called, and what each code means.

    Returns
    -------
    WeeklySpells
        With a problem where codes are not in the map, or a person has two rows.

    Raises
    ------
    ConfigError
        When no column fits the pattern.
    SchemaError
        When there is no client_id, a week is missing between others, is there twice or in no calendar.

    Examples
    --------
    >>> weeks = {"y_1352": ["111"], "y_1401": ["111"], "y_1402": [""], "y_1403": ["730"]}
    >>> frame = pd.DataFrame({"client_id": ["a"], **weeks})
    >>> codes = {"111": "unemployment_benefit", "730": "social_assistance", "": "no_status"}
    >>> made = spells_of_weeks(frame, Weekly(columns=r"y_(?P<year>\d{2})(?P<week>\d{2})", codes=codes))
    >>> made.spells.values.tolist()
    [['a', '2013-12-23', '2014-01-05', 'unemployment_benefit'], ['a', '2014-01-13', nan, 'social_assistance']]
    """
    if [str(name) for name in frame.columns].count("client_id") != 1:
        raise SchemaError("spells with weekly: column client_id is not there once; map it in source.columns.spells")
    mondays = week_columns(frame.columns, weekly.columns)
    weeks = sorted(mondays, key=mondays.__getitem__)
    days = np.array([mondays[name] for name in weeks], dtype="datetime64[D]")
    text = np.stack([cell_text(frame[name]).fillna("").to_numpy(dtype=object) for name in weeks], axis=1)
    place, cells = pd.factorize(text.ravel())
    codes = {plain(code): status for code, status in weekly.codes.items()}
    unknown = np.array([plain(cell) not in codes for cell in cells], dtype=bool)
    problems = _unknown(frame, text, unknown[place].reshape(text.shape), list(codes))
    said = [codes.get(plain(cell)) for cell in cells]
    statuses = sorted({status for status in said if status and status != NO_SPELL})
    number = np.array([statuses.index(s) if s in statuses else -1 for s in said])[place].reshape(text.shape)
    row, begin, end, status = _runs(number)
    kept = status >= 0
    row, begin, end, status = row[kept], begin[kept], end[kept], status[kept]
    # Of a spell in the last week nobody knows that it ended there.
    ended = np.where(end == len(days) - 1, np.datetime64("NaT"), days[end] + A_WEEK - np.timedelta64(1, "D"))
    client = cell_text(frame["client_id"]).to_numpy(dtype=object)
    twice = pd.Series(client).duplicated().to_numpy(bool) & pd.notna(client)
    if twice.any():
        words = "same client_id as an earlier row"
        problems.append(Problem("spells", "client_id", "duplicate", words, np.flatnonzero(twice)))
    spells = pd.DataFrame(
        {
            "client_id": pd.Series(client[row], dtype="str"),
            "started_on": pd.Series(days[begin].astype("str"), dtype="str"),
            "ended_on": pd.Series(ended.astype("datetime64[us]")).dt.strftime("%Y-%m-%d").astype("str"),
            "status": pd.Series(np.array([*statuses, ""], dtype=object)[status], dtype="str"),
        }
    )
    return WeeklySpells(spells, mondays[weeks[0]], mondays[weeks[-1]] + dt.timedelta(days=6), problems)


def week_columns(names: pd.Index, pattern: str) -> dict[str, dt.date]:
    """Return the Monday of each column that is a week's, in the order of the file.

    Raises
    ------
    ConfigError
        When there is none.
    SchemaError
        When a week is missing between others, is there twice, or is in no calendar.
    """
    found = [(str(name), match) for name in names if (match := re.fullmatch(pattern, str(name)))]
    if not found:
        raise ConfigError(
            "source.weekly.columns fits no column of spells; it has to fit the whole name of a week's column"
        )
    mondays: dict[str, dt.date] = {}
    problems = []
    for name, match in found:
        year, week = int(match["year"]), int(match["week"])
        year += 0 if year > 99 else 1900 if year >= FIRST_YEAR else 2000
        try:
            monday = dt.date.fromisocalendar(year, week, 1)
        except ValueError:
            problems.append(f"{name}: year {year} has no week {week}")
            continue
        if monday in mondays.values() or name in mondays:
            problems.append(f"{name}: week {_week(monday)} is there twice")
        mondays[name] = monday
    if mondays:
        first, last = min(mondays.values()), max(mondays.values())
        every = {first + dt.timedelta(days=7 * n) for n in range((last - first).days // 7 + 1)}
        if gaps := sorted(every - set(mondays.values())):
            more = f" and {len(gaps) - SHOWN_ROWS} more" if len(gaps) > SHOWN_ROWS else ""
            problems.append(
                f"{len(gaps)} week(s) missing between others: {', '.join(map(_week, gaps[:SHOWN_ROWS]))}{more}"
            )
    if problems:
        raise SchemaError(bullets("the weeks of spells are not whole:", problems))
    return mondays


def _unknown(frame: pd.DataFrame, text: np.ndarray, unknown: np.ndarray, known: list[str]) -> list[Problem]:
    if not unknown.any():
        return []
    row, _ = np.nonzero(unknown)
    cells = pd.Series(text[unknown]).replace("", "(blank)")
    told = codes_told(cells, pd.Series(cell_text(frame["client_id"]).to_numpy()[row]), known)
    return [Problem("spells", "weekly", "unknown_code", f"weekly.codes: {told}; say what they mean", NO_ROWS)]


def _runs(grid: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return row, first column, last column and value of every run of equal values in a row.

    >>> [part.tolist() for part in _runs(np.array([[7, 7, 8]]))]
    [[0, 0], [0, 2], [1, 2], [7, 8]]
    """
    first = np.ones(grid.shape, dtype=bool)
    first[:, 1:] = grid[:, 1:] != grid[:, :-1]
    last = np.ones(grid.shape, dtype=bool)
    last[:, :-1] = first[:, 1:]
    row, begin = np.nonzero(first)
    return row, begin, np.nonzero(last)[1], grid[row, begin]


def _week(monday: dt.date) -> str:
    year, week, _ = monday.isocalendar()
    return f"{year}-W{week:02d}"
