"""Rows that cannot be scored: one contract for their columns, whatever engine, file or table they end in."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from eriq.tables.schema import Problem, as_text

# Number of the row in the input, from 1; its ids as given; why, in codes and in words, several parted by "; ".
SET_ASIDE = {"row": "int64", "client_id": "str", "answered_on": "str", "code": "str", "reason": "str"}
BROKEN = {name: SET_ASIDE[name] for name in ("row", "code", "reason")}  # of rows that could not even be read


def nothing(columns: dict[str, str]) -> pd.DataFrame:
    """Return a table with these columns and no rows.

    >>> list(nothing(BROKEN))
    ['row', 'code', 'reason']
    """
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in columns.items()})


def set_aside(raw: pd.DataFrame, problems: Sequence[Problem], first_row: int) -> pd.DataFrame:
    """Return one line per row with any problem: number, ids as given, codes and reasons."""
    # Many rows share few sets of problems: words are put together once a set, not once a row.
    which, codes, words = np.zeros(len(raw), dtype="int64"), [""], [""]
    for problem in problems:
        before, place = np.unique(which[problem.rows], return_inverse=True)
        which[problem.rows] = len(codes) + place
        codes += [_and(codes[old], f"{problem.column}:{problem.code}") for old in before]
        words += [_and(words[old], f"{problem.column}: {problem.text}") for old in before]
    rows = np.flatnonzero(which)
    if not len(rows):
        return nothing(SET_ASIDE)
    ids = {
        name: as_text(raw[name].iloc[rows]).to_numpy() if list(raw.columns).count(name) == 1 else None
        for name in ("client_id", "answered_on")
    }
    return pd.DataFrame(
        {
            "row": rows + first_row,
            **ids,
            "code": pd.Series(codes, dtype="str").take(which[rows]).array,
            "reason": pd.Series(words, dtype="str").take(which[rows]).array,
        }
    )


def _and(known: str, more: str) -> str:
    return f"{known}; {more}" if known else more


def typed(rejected: pd.DataFrame) -> pd.DataFrame:
    """Return rows set aside with the same columns and types whatever is known of them."""
    return rejected.reindex(columns=list(SET_ASIDE)).astype(SET_ASIDE)


def joined(rejected: pd.DataFrame, late: pd.DataFrame) -> pd.DataFrame:
    """Return one line per row; a row set aside already gets the reasons it does not have yet."""
    known = {row: place for place, row in enumerate(rejected["row"])}
    code, reason = rejected["code"].tolist(), rejected["reason"].tolist()
    for row, codes, reasons in zip(late["row"], late["code"], late["reason"], strict=True):
        if row in known:
            place = known[row]
            more = [
                (c, r) for c, r in zip(codes.split("; "), reasons.split("; "), strict=True) if r not in reason[place]
            ]
            code[place] = "; ".join([code[place], *(c for c, _ in more)])
            reason[place] = "; ".join([reason[place], *(r for _, r in more)])
    fresh = late[~late["row"].isin(rejected["row"])]
    return pd.concat(
        [rejected.assign(code=code, reason=reason).astype(dict.fromkeys(("code", "reason"), "str")), fresh]
    )
