"""When an outcome has happened: spells seen up to a day, joined over short gaps, and long enough."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from eriq.config import Outcome
from eriq.tables.by_client import Places, by_client
from eriq.tables.schema import WORK

Bools = NDArray[np.bool_]
DAY = pd.Timedelta(days=1)
FAR = pd.Timestamp("9999-12-31").as_unit("us")  # stands for the end of what goes on


def join_spells(spells: pd.DataFrame, bridge_days: int, key: str = "client_id") -> pd.DataFrame:
    """Return the spells of each `key` with those joined that overlap or lie at most `bridge_days` apart.

    Parameters
    ----------
    spells : DataFrame of shape (n_spells, any)
        Has `key`, started_on and ended_on (a gap: still going on), in any order.
    bridge_days : int
        Most days without a spell between the last day of one and the first day of the next; 0 joins neighbours.
    key : str
        Spells of different keys are never joined.

    Returns
    -------
    DataFrame of shape (n_joined, 3)
        `key`, started_on and ended_on, in order of key and start.

    Examples
    --------
    >>> days = pd.to_datetime(["2015-01-01", "2015-01-21", "2015-01-29", "2015-02-18"]).as_unit("us")
    >>> contracts = pd.DataFrame({"client_id": "a", "started_on": days[::2], "ended_on": days[1::2]})
    >>> len(join_spells(contracts, bridge_days=7)), len(join_spells(contracts, bridge_days=6))
    (1, 2)
    """
    order = spells[[key, "started_on", "ended_on"]].sort_values([key, "started_on"], ignore_index=True)
    order["ended_on"] = order["ended_on"].fillna(FAR)
    reach = order.groupby(key)["ended_on"].cummax().groupby(order[key]).shift()
    # FAR itself is never exceeded, so nothing is added to it.
    apart = ~(order["started_on"] - (bridge_days + 1) * DAY <= reach)
    whole = order.groupby(apart.cumsum()).agg({key: "first", "started_on": "first", "ended_on": "max"})
    whole["ended_on"] = whole["ended_on"].mask(whole["ended_on"] == FAR)
    return whole.reset_index(drop=True)


def counting(spells: pd.DataFrame, outcome: Outcome) -> pd.DataFrame:
    """Return the spells of the outcome's kinds, those of work with enough hours."""
    mine = spells[spells["status"].isin(outcome.kinds)]
    if outcome.minimum_hours is None:
        return mine
    enough = (mine["hours"] >= outcome.minimum_hours).fillna(outcome.unknown_hours == "count")
    return mine[(enough | ~mine["status"].isin(WORK)).to_numpy(bool)]


def pairs_of(rows: pd.DataFrame, spells: pd.DataFrame) -> pd.DataFrame:
    """Return every (row, spell of the same client), with the row's position as `row`."""
    return _pairs(rows, spells, *_places(rows, spells))


def _places(rows: pd.DataFrame, spells: pd.DataFrame) -> tuple[Places, Places]:
    found = by_client(spells["client_id"])
    return found.pairs(found.place(rows["client_id"]))


def _pairs(rows: pd.DataFrame, spells: pd.DataFrame, row: Places, fact: Places) -> pd.DataFrame:
    mine, theirs = rows.take(row), spells[["started_on", "ended_on"]].take(fact)
    dates = {"started_on": theirs["started_on"].array, "ended_on": theirs["ended_on"].array}
    return mine.assign(row=row, **dates).reset_index(drop=True)


def ongoing(rows: pd.DataFrame, spells: pd.DataFrame) -> Bools:
    """Return whether one of `spells` goes on on each row's answer date."""
    row, fact = _places(rows, spells)
    day = rows["answered_on"].to_numpy()[row]
    begun, end = spells["started_on"].to_numpy()[fact] <= day, spells["ended_on"].to_numpy()[fact]
    on = np.zeros(len(rows), dtype=bool)
    on[row[begun & (np.isnat(end) | (end >= day))]] = True
    return on


def later_pairs(rows: pd.DataFrame, spells: pd.DataFrame, until: np.ndarray) -> pd.DataFrame:
    """Return the pairs of `pairs_of` whose spell begins after the answer and by each row's day of `until`."""
    row, fact = _places(rows, spells)
    started = spells["started_on"].to_numpy()[fact]
    seen = (started > rows["answered_on"].to_numpy()[row]) & (started <= until[row])
    return _pairs(rows, spells, row[seen], fact[seen])


def covers(pairs: pd.DataFrame, day: pd.Series) -> pd.Series:
    """Return whether the spell of each pair goes on on `day`."""
    return (pairs["started_on"] <= day) & (pairs["ended_on"].isna() | (pairs["ended_on"] >= day))


def any_of(pairs: pd.DataFrame, met: pd.Series, n_rows: int) -> Bools:
    """Return, for each row, whether any of its pairs is `met`."""
    hit = np.zeros(n_rows, dtype=bool)
    hit[pairs.loc[met.to_numpy(bool), "row"].to_numpy()] = True
    return hit


def happened(rows: pd.DataFrame, spells: pd.DataFrame, outcome: Outcome) -> Bools:
    """Return whether the outcome happened; every row given is observed for long enough.

    Parameters
    ----------
    rows : DataFrame of shape (n_rows, any)
        client_id, answered_on, `judged_on` (last day an entry may start, or the day of a state) and `seen_until` (what
        begins later is not looked at and what lasts longer is cut there, so an end planned beyond it changes nothing).
    spells : DataFrame
        SPELLS.
    outcome : Outcome

    Returns
    -------
    ndarray of shape (n_rows,)
    """
    wanted = rows[["client_id", "answered_on", "judged_on", "seen_until"]]
    counted = counting(spells, outcome)
    if outcome.measure == "state":
        pairs = pairs_of(wanted, counted)
        pairs = pairs[pairs["started_on"] <= pairs["seen_until"]]
    else:  # only what starts after the answer is joined: a job of before that goes on afterwards is no entry
        pairs = later_pairs(wanted, counted, wanted["seen_until"].to_numpy())
    ended = pairs["ended_on"].fillna(FAR)
    pairs = pairs.assign(ended_on=ended.where(ended <= pairs["seen_until"], pairs["seen_until"]))
    if outcome.measure == "state":
        return any_of(pairs, covers(pairs, pairs["judged_on"]), len(rows))
    entries = join_spells(pairs, outcome.bridge_days, key="row")
    last = wanted["judged_on"].to_numpy()[entries["row"].to_numpy()]
    days = (entries["ended_on"] - entries["started_on"]).dt.days + 1  # both days count
    return any_of(entries, (entries["started_on"] <= last) & (days >= 7 * outcome.minimum_weeks), len(rows))


def service_end(rows: pd.DataFrame, spells: pd.DataFrame, outcome: Outcome) -> pd.Series:
    """Return the last day of the service that goes on on each answer date; missing where none does or it has no end."""
    services = join_spells(spells[spells["status"] == "activation"], outcome.bridge_days)
    pairs = pairs_of(rows[["client_id", "answered_on"]], services)
    on = pairs[covers(pairs, pairs["answered_on"]).to_numpy(bool)].set_index("row")
    return on["ended_on"].reindex(np.arange(len(rows))).set_axis(rows.index)
