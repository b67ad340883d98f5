"""Times and the 0/1 outcome say the same, also for the days on the edge; censoring hides what comes after it."""

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from eriq.config import OUTCOMES, Outcome
from eriq.tables.cohort import build_cohort
from eriq.tables.time_to_entry import (
    DAY,
    as_seen_after,
    followed_days,
    happened_by,
    known_by,
    last_observed_day,
    time_of_state,
    time_to_entry,
)

JOB = OUTCOMES["job_entry_12m"]
DAY0 = pd.Timestamp("2015-01-01")


def times_of(spells, until: int | None, outcome: Outcome = JOB, left: int | None = None) -> tuple[int, bool, int]:
    """Return days, event and followed_days of somebody who answers on day 0; spells as (first, last) day."""
    rows = pd.DataFrame({"client_id": ["x"], "answered_on": [DAY0]})
    rows = rows.assign(followed_until=pd.NaT if until is None else DAY0 + until * DAY)
    rows = rows.assign(left_on=pd.NaT if left is None else DAY0 + left * DAY).astype({"left_on": "datetime64[us]"})
    register = pd.DataFrame(
        {
            "client_id": "x",
            "started_on": pd.Series([DAY0 + a * DAY for a, _ in spells], dtype="datetime64[us]"),
            "ended_on": pd.Series([None if b is None else DAY0 + b * DAY for _, b in spells], dtype="datetime64[us]"),
        }
    )
    (made,) = time_to_entry(rows.astype({"followed_until": "datetime64[us]"}), register, outcome).itertuples(
        index=False
    )
    return int(made.days), bool(made.event), int(made.followed_days)


@pytest.mark.parametrize(
    ("spells", "until", "expected"),
    [
        ([(1, 28)], 500, (1, True, 472)),
        ([(1, 27)], 500, (472, False, 472)),
        ([(0, 100)], 500, (472, False, 472)),
        ([(1, 27), (200, 227)], 500, (200, True, 472)),
        ([(300, None), (100, None)], 500, (100, True, 472)),
        ([(72, None)], 100, (72, True, 72)),
        ([(73, None)], 100, (72, False, 72)),
        ([(80, 900)], 100, (72, False, 72)),
        ([(365, None)], 393, (365, True, 365)),
        ([(366, None)], 1000, (366, True, 972)),
        ([], 28, (0, False, 0)),
        ([(1, None)], 28, (0, False, 0)),
        ([(1, None)], 29, (1, True, 1)),
        ([(1, None)], 10, (0, False, 0)),
        ([(1, None)], -50, (0, False, 0)),
        ([(1, None)], None, (0, False, 0)),
    ],
)
def test_an_entry_is_seen_once_it_could_have_lasted(spells, until, expected):
    """Of a hundred days an entry up to day 72 is seen, for 28 days after it; planned ends count as far as seen."""
    assert times_of(spells, until) == expected


@pytest.mark.parametrize(
    ("left", "expected"), [(40, (472, False, 472)), (56, (472, False, 472)), (57, (30, True, 472))]
)
def test_no_spell_lasts_beyond_the_day_of_leaving(left, expected):
    """A job that was still open when somebody left has lasted until then: from day 30 to 57 are 28 days."""
    assert times_of([(30, None)], 500, left=left) == expected


def test_a_state_has_no_time_of_its_own():
    """What is looked at on one day happens then, and only if follow-up reaches it."""
    with pytest.raises(ValueError, match="trial_any_15m is a state"):
        times_of([], 500, OUTCOMES["trial_any_15m"])
    until = pd.Series([DAY0 + 456 * DAY, DAY0 + 455 * DAY])
    followed = followed_days(pd.Series([DAY0, DAY0]), until, OUTCOMES["trial_any_15m"])
    times = time_of_state(np.array([True, True]), followed, 456)
    assert known_by(times, 456).tolist() == happened_by(times, 456).tolist() == [True, False]


def test_leaving_ends_follow_up_only_where_it_is_declared_to():
    """no_entry: up to the end of the registers, for who was followed up to leaving; censored: the day before."""
    day = [DAY0 + k * DAY for k in range(11)]
    until = pd.Series([day[8], day[4], day[3], day[2], day[8]])
    left_on = pd.Series([pd.NaT, day[4], day[4], day[4], day[9]])
    kept = last_observed_day(until, left_on, day[10], "no_entry")
    assert kept.tolist() == [day[8], day[10], day[10], day[2], day[10]]
    cut = last_observed_day(until, left_on, day[10], "censored")
    assert cut.tolist() == [day[8], day[3], day[3], day[2], day[8]]


def test_seen_earlier_is_what_follow_up_to_then_would_have_shown():
    """Times cut at an origin equal the times from registers that end there: entries after it vanish."""
    rng = np.random.default_rng(5)
    for _ in range(200):
        starts = np.sort(rng.integers(1, 120, rng.integers(0, 4)))
        spells = [(int(a), None if rng.random() < 0.3 else int(a + rng.integers(0, 60))) for a in starts]
        until, origin = int(rng.integers(0, 200)), int(rng.integers(0, 200))
        outcome = JOB.model_copy(update={"horizon_days": 60, "minimum_weeks": int(rng.integers(0, 4))})
        whole = pd.DataFrame([times_of(spells, until, outcome)], columns=["days", "event", "followed_days"])
        limit = np.array([origin - 7 * outcome.minimum_weeks])
        assert tuple(as_seen_after(whole, limit).iloc[0]) == times_of(spells, min(until, origin), outcome)


STATUSES = ("work_unsubsidised", "work_sheltered", "education")


@pytest.mark.parametrize("seed", range(12))
def test_where_the_whole_window_is_observed_an_event_by_the_horizon_is_the_outcome(waves, registers, seed):
    """In random worlds whose dates all lie within weeks, known-by-follow-up are the cohort's rows, with its outcome."""
    rng = np.random.default_rng(seed)
    clients = [f"k{n:02d}" for n in range(40)]

    def day(n: int) -> str:
        return f"{DAY0 + timedelta(days=int(n)):%Y-%m-%d}"

    outcome = JOB.model_copy(
        update={
            "horizon_days": int(rng.integers(5, 25)),
            "minimum_weeks": int(rng.integers(0, 3)),
            "at_risk": "everyone",
            "bridge_days": 0,
        }
    )
    pairs = sorted({(str(rng.choice(clients)), int(rng.integers(0, 40))) for _ in range(100)})
    spells = [
        (str(rng.choice(clients)), start, None if rng.random() < 0.2 else start + rng.integers(0, 25), status)
        for start, status in ((int(rng.integers(-30, 60)), str(rng.choice(STATUSES))) for _ in range(160))
    ]
    until = {client: day(rng.integers(20, 100)) for client in clients}
    register = registers(
        [(c, day(a), None if b is None else day(b), s) for c, a, b, s in spells],
        persons={client: {"followed_until": last} for client, last in until.items()},
    )
    answers = waves([(client, day(n)) for client, n in pairs])
    cohort = build_cohort(answers, register, outcome)
    rows = answers.sort_values(["client_id", "answered_on"], ignore_index=True)
    rows = rows.assign(followed_until=pd.to_datetime(rows["client_id"].map(until)), left_on=pd.NaT)
    times = time_to_entry(rows, register.spells[register.spells["status"].isin(outcome.kinds)], outcome)
    reached = (times["followed_days"] >= outcome.horizon_days).to_numpy()
    assert 5 < reached.sum() < len(rows)
    pd.testing.assert_frame_equal(
        rows.loc[reached, ["client_id", "answered_on"]].reset_index(drop=True),
        cohort.rows[["client_id", "answered_on"]],
    )
    assert happened_by(times, outcome.horizon_days)[reached].tolist() == cohort.rows["outcome"].astype(bool).tolist()
    early = ~reached & happened_by(times, outcome.horizon_days)
    assert known_by(times, outcome.horizon_days).tolist() == (reached | early).tolist()
