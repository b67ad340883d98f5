"""Checks between rows and tables give the same on categories as on text, and the same as a slow look at every pair."""

import numpy as np
import pandas as pd

from eriq.tables.between import check_known, check_spells

DAY0 = np.datetime64("2020-01-01", "us")


def test_overlaps_are_those_of_a_slow_look_at_every_pair():
    """A spell overlaps if any earlier one of its client and status, open ones among them, reaches its first day."""
    rng, n = np.random.default_rng(7), 250
    start = DAY0 + rng.integers(0, 300, n).astype("timedelta64[D]")
    end = np.where(rng.random(n) < 0.1, np.datetime64("NaT"), start + rng.integers(0, 20, n).astype("timedelta64[D]"))
    spells = pd.DataFrame({"client_id": rng.choice([*"abcdefgh"], n), "started_on": start, "ended_on": end})
    spells["status"] = rng.choice(["education", "work_subsidised"], n)
    order = spells.sort_values("started_on", kind="stable")
    slow = [
        place
        for rank, (place, one) in enumerate(order.iterrows())
        if any(
            (was["client_id"], was["status"]) == (one["client_id"], one["status"])
            and (pd.isna(was["ended_on"]) or one["started_on"] <= was["ended_on"])
            for _, was in order.iloc[:rank].iterrows()
        )
    ]
    for given in (spells, spells.astype({"client_id": "category", "status": "category"})):
        (found,) = check_spells(given)
        assert (found.code, found.rows.tolist()) == ("overlap", sorted(slow))
    assert 10 < len(slow) < n


def test_strangers_and_dates_before_birth_are_found_on_categories():
    """A category that no row holds is nobody, and a gap is no stranger."""
    persons = pd.DataFrame({"client_id": ["a", "b"], "born_on": [DAY0, DAY0 + np.timedelta64(9, "D")]})
    ids = pd.Categorical(["b", "x", None, "a"], categories=["x", "unused", "a", "b"])
    frame = pd.DataFrame({"client_id": ids, "occurred_on": DAY0 + np.timedelta64(1, "D")})
    found = {problem.code: problem.rows.tolist() for problem in check_known(frame, persons, "events")}
    assert found == {"unknown_client": [1], "before_birth": [0]}
