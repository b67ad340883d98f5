"""One client looked at, between two who make both outcomes occur."""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

import pandas as pd
import pytest

from eriq.config import OUTCOMES, Outcome
from eriq.tables.cohort import build_cohort

DAY0 = pd.Timestamp("2015-01-01")


@pytest.fixture(scope="session")
def day() -> Callable[[int | None], str | None]:
    """Return the day so many days after 1 January 2015."""
    return lambda n: None if n is None else f"{DAY0 + pd.Timedelta(days=n):%Y-%m-%d}"


@pytest.fixture
def outcome_of(waves, registers, day):
    """Return the outcome of a client who answers on day 0 and has the spells given, or why they are left out.

    A spell is (first day, last day, status) or (first day, last day, status, hours a week).
    """

    def look(
        *spells,
        outcome: Outcome = OUTCOMES["job_entry_12m"],
        until: int | None = 1000,
        left: int | None = None,
        given: dt.date | None = None,
        **columns,
    ):
        persons = {
            "x": {"followed_until": day(until), "left_on": day(left)},
            "yes": {"followed_until": day(1000)},
            "no": {"followed_until": day(1000)},
        }
        kind, on = outcome.kinds[0], outcome.since == "service_end"
        anchors = [("yes", 10, 900, kind, 37.0), ("no", 10, 400, "social_assistance", None)]
        anchors += [(who, -5, 50, "activation", None) for who in ("yes", "no") if on]
        told = [("x", *spell, *(None,) * (4 - len(spell))) for spell in spells] + anchors
        register = registers([(who, day(a), day(b), status) for who, a, b, status, _ in told], persons=persons)
        hours = pd.array([h for *_, h in told], dtype="Float64")
        register = replace(register, spells=register.spells.assign(hours=hours))
        answers = waves([("x", day(0)), ("yes", day(0)), ("no", day(0))], **columns)
        cohort = build_cohort(answers, register, outcome, followed_until=given)
        rows = cohort.rows.set_index("client_id")["outcome"]
        if "x" in rows:
            return int(rows["x"])
        return next(why for why, count in cohort.flow if count)

    return look
