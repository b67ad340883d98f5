"""Checks between rows and between tables: spells that overlap, clients nobody knows, dates before birth."""

import numpy as np
import pandas as pd

from eriq.tables.by_client import codes_of, days_of
from eriq.tables.coded import places_among
from eriq.tables.schema import Problem

DAY_SPAN = 2**23  # days; more than any two that can be dates lie apart


def check_spells(spells: pd.DataFrame) -> list[Problem]:
    """Return spells that end before they start, and spells of one status that overlap."""
    problems = []
    backwards = (spells["ended_on"] < spells["started_on"]).to_numpy(bool)
    if backwards.any():
        rows = np.flatnonzero(backwards)
        problems.append(Problem("spells", "ended_on", "end_before_start", "end before start", rows))
    (client, _), (status, kinds) = codes_of(spells["client_id"]), codes_of(spells["status"])
    whose = client.astype(np.int64) * len(kinds) + status
    start = days_of(spells["started_on"], DAY_SPAN)  # a missing start comes last, and overlaps nothing
    order = np.argsort(whose * (2 * DAY_SPAN) + start, kind="stable")
    order = order[(client[order] >= 0) & (status[order] >= 0)]
    whose, start = whose[order], start[order]
    # The latest end so far among spells of the same client and status: groups lie further apart than any two days.
    latest = np.maximum.accumulate(whose * (2 * DAY_SPAN) + days_of(spells["ended_on"], DAY_SPAN - 1)[order])
    again = (whose[1:] == whose[:-1]) & (start[1:] < DAY_SPAN)
    overlap = again & (whose[1:] * (2 * DAY_SPAN) + start[1:] <= latest[:-1])
    if overlap.any():
        rows = np.sort(order[1:][overlap])
        words = "overlaps an earlier spell of the same client and status"
        problems.append(Problem("spells", "started_on", "overlap", words, rows))
    return problems


def check_known(frame: pd.DataFrame, persons: pd.DataFrame, table: str) -> list[Problem]:
    """Return rows of clients who are not in PERSONS, or dated before the client was born."""
    problems = []
    code, once = codes_of(frame["client_id"])
    first = persons.dropna(subset="client_id").drop_duplicates("client_id")
    place = places_among(pd.Index(first["client_id"]), once)
    unknown = np.append(place < 0, False)[code]
    if unknown.any():
        problems.append(Problem(table, "client_id", "unknown_client", "client not in persons", np.flatnonzero(unknown)))
    born = np.append(first["born_on"].to_numpy(), np.datetime64("NaT"))
    born_on = np.append(born[place], np.datetime64("NaT"))[code]
    dated = ("answered_on", "started_on", "occurred_on", "registered_on", "left_on", "filled_on")
    for name in (*dated, "belief_recorded_on", "score_shown_on"):
        if name in frame:
            early = frame[name].to_numpy() <= born_on
            if early.any():
                words = "on or before the day the client was born"
                problems.append(Problem(table, name, "before_birth", words, np.flatnonzero(early)))
    return problems
