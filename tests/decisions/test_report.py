"""How often people depart from a score: shares, intervals, and what gives pause."""

import numpy as np
import pandas as pd
import pytest

from eriq.decisions.report import ALL, later, overrides, reasons, warnings
from eriq.disclosure import publishable


def decisions(n: int, departed: int, per_client: int = 1) -> pd.DataFrame:
    """Return `n` decisions, the first of which departed."""
    day = pd.Series(pd.to_datetime(["2026-01-05"] * n))
    return pd.DataFrame(
        {
            "client_id": [f"c{k // per_client}" for k in range(n)],
            "answered_on": pd.to_datetime("2026-01-01") + pd.to_timedelta(np.arange(n), unit="D"),
            "happened_on": day,
            "by": "caseworker",
            "decision": "offer",
            "beside_score": ["departed"] * departed + ["followed"] * (n - departed),
            "reason": ["news"] * departed + [None] * (n - departed),
            "belief_recorded_on": pd.NaT,
            "score_shown_on": pd.NaT,
        }
    )


def whole(table: pd.DataFrame) -> pd.Series:
    """Return the row of all decisions."""
    return table[table["group"] == ALL].iloc[0]


def test_the_interval_of_single_decisions_is_that_of_wilson() -> None:
    """20 of 100: 0.1334 to 0.2888, as statsmodels' proportion_confint gives it."""
    row = whole(overrides(decisions(100, 20)))
    assert row["estimate"] == 0.2
    assert (row["low"], row["high"]) == pytest.approx((0.13336692, 0.28882915), abs=1e-6)


def test_decisions_about_the_same_people_count_less() -> None:
    """Four alike decisions per client leave the interval of as many clients."""
    row, one = whole(overrides(decisions(400, 80, per_client=4))), whole(overrides(decisions(100, 20)))
    assert (row["rows"], row["people"]) == (400, 100)
    assert row["high"] - row["low"] == pytest.approx(one["high"] - one["low"], rel=0.02)


def test_a_score_that_was_not_looked_at_is_no_departure() -> None:
    """Such decisions are left out of the share."""
    frame = decisions(100, 20)
    frame.loc[50:, "beside_score"] = "not_seen"
    assert whole(overrides(frame))["estimate"] == 0.4


@pytest.mark.parametrize(("departed", "warned"), [(0, True), (5, True), (6, False), (200, False)])
def test_departures_as_rare_as_in_poland_give_pause(departed: int, warned: bool) -> None:
    """At 0.58 % or below the report says that nobody decides; above it does not."""
    frame = decisions(1000, departed)
    said = " ".join(warnings(overrides(frame), frame))
    assert ("0.58%" in said) == warned
    assert "cannot tell" not in said
    assert "cannot tell" in " ".join(warnings(overrides(frame[500:520]), frame)) or departed == 200


def test_small_groups_are_not_told() -> None:
    """Three people who departed are not counted in any cell; a role of three people is not either."""
    frame = decisions(200, 3)
    assert pd.isna(whole(publishable("overrides", overrides(frame)))["estimate"])
    frame = decisions(200, 60)
    frame.loc[[0, 1, 199], "by"] = "team"
    shown = publishable("overrides", overrides(frame)).set_index("group")
    assert pd.isna(shown.loc["team", "rows"])
    assert pd.isna(shown.loc["caseworker", "rows"])  # it would tell by subtraction
    assert publishable("decision_reasons", reasons(decisions(99, 4), frame[:0]))["people"].isna().all()


def test_what_happened_later_is_told_by_decision() -> None:
    """Only where it is known; shares are those of the outcome."""
    frame = decisions(100, 40)
    known = frame[["client_id", "answered_on"]].assign(outcome=[1] * 20 + [0] * 80).iloc[:80]
    table = later(frame, known).set_index("beside_score")
    assert table["rows"].to_dict() == {"followed": 40, "departed": 40}
    assert table["estimate"].to_dict() == {"followed": 0.0, "departed": 0.5}


def test_a_belief_after_a_score_is_said_in_people() -> None:
    """Four people are "<5"."""
    frame = decisions(50, 20)
    frame.loc[:3, ["belief_recorded_on", "score_shown_on"]] = pd.to_datetime(["2026-01-04", "2026-01-03"])
    assert "For <5 people a belief was recorded after a score was shown" in " ".join(warnings(overrides(frame), frame))


@pytest.mark.parametrize(
    ("n", "period", "first"), [(300, "month", "2026-01"), (90, "quarter", "2026Q1"), (30, "year", "2026")]
)
def test_time_is_cut_as_fine_as_the_decisions_bear(n: int, period: str, first: str) -> None:
    """Half of the parts hold 30 decisions or more: by month, quarter or year."""
    frame = decisions(n, n // 3)
    frame["happened_on"] = pd.to_datetime("2026-01-05") + pd.to_timedelta(np.arange(n) % 6 * 30, unit="D")
    found = overrides(frame)
    assert found.loc[found["column"].isin(["month", "quarter", "year"]), ["column", "group"]].iloc[0].tolist() == [
        period,
        first,
    ]
