"""When somebody entered, and for how long that could have been seen.

Follow-up ends on the last observed day of a row. An entry counts only once it has lasted, so entries can be told up to
the least length of a spell before that day: `followed_days`, counted from the answer. A row is censored at a horizon if
`followed_days` is less and no entry came before; a row with `followed_days` at or above the horizon is what the 0/1
outcome of a cohort calls observed, and then "entry by the horizon" is that outcome.

Leaving for good (death, emigration, a pension) is no end of follow-up by itself. Under `left: no_entry` the registers
go on to say "no entry", so the last observed day stays that of the registers, and the curve of entries is a cumulative
incidence with leaving as a competing event (the subdistribution of Fine and Gray, whose set at risk keeps those who
left until their follow-up would have ended, a day that is known here). Under `left: censored` follow-up ends the day
somebody left, which asks what would have happened had they stayed.
"""

from typing import Literal

import numpy as np
import pandas as pd

from eriq.config import Outcome

DAY = pd.Timedelta(days=1)


def followed_until(until: pd.Series, left_on: pd.Series, left: Literal["no_entry", "censored"]) -> pd.Series:
    """Return the last day of follow-up of each row, under the declared meaning of leaving for good.

    Parameters
    ----------
    until : Series of shape (n_rows,)
        Last day the registers cover; not cut at the day somebody left.
    left_on : Series of shape (n_rows,)
        Day somebody left, or a gap; aligned with `until`.
    left : str
        "no_entry" or "censored".

    Examples
    --------
    >>> until, left_on = (pd.Series(pd.to_datetime([day])) for day in ("2020-12-31", "2020-03-01"))
    >>> [f"{followed_until(until, left_on, rule)[0]:%d %b}" for rule in ("no_entry", "censored")]
    ['31 Dec', '01 Mar']
    """
    return until if left == "no_entry" else until.where(~(left_on < until), left_on)


def time_to_entry(rows: pd.DataFrame, spells: pd.DataFrame, outcome: Outcome, until: pd.Series) -> pd.DataFrame:
    """Return when each row's outcome first happened, and for how many days that could be seen.

    Parameters
    ----------
    rows : DataFrame of shape (n_rows, any)
        client_id, answered_on; people at risk.
    spells : DataFrame
        client_id, started_on, ended_on of the kinds of the outcome, joined over short gaps as the outcome wants.
    outcome : Outcome
        An entry is a spell that starts after the answer and goes on or lasts `minimum_weeks`, both days counted. A
        state happens on the day of the horizon, if it happens.
    until : Series of shape (n_rows,)
        Last day of follow-up; see `followed_until`. A gap observes nothing.

    Returns
    -------
    DataFrame of shape (n_rows, 3)
        days (to the event, or observed without one), event, followed_days (at most so many days could be observed;
        0 where follow-up ends before the first day).

    Examples
    --------
    >>> from eriq.config import OUTCOMES
    >>> day = pd.Timestamp("2020-01-01")
    >>> rows = pd.DataFrame({"client_id": ["a", "b"], "answered_on": [day, day]})
    >>> work = pd.DataFrame({"client_id": ["a"], "started_on": [day + 40 * DAY], "ended_on": [pd.NaT]})
    >>> until = pd.Series([day + 100 * DAY, day + 100 * DAY])
    >>> time_to_entry(rows, work, OUTCOMES["job_entry_12m"], until)
       days  event  followed_days
    0    40   True             72
    1    72  False             72
    """
    lasting = outcome.observe_days - outcome.horizon_days
    observed = (until.reset_index(drop=True) - rows["answered_on"].reset_index(drop=True)).dt.days - lasting
    followed = observed.fillna(0).clip(lower=0).to_numpy(np.int64)
    first = _first_day(rows, spells, outcome)
    event = first <= followed  # infinite where nothing happened
    return pd.DataFrame(
        {"days": np.where(event, first, followed).astype(np.int64), "event": event, "followed_days": followed}
    )


def known_by(times: pd.DataFrame, horizon_days: int) -> np.ndarray:
    """Return which rows have a known status at the horizon: the event came by then, or follow-up reached it.

    >>> times = pd.DataFrame({"days": [365, 364], "event": [True, False], "followed_days": [365, 364]})
    >>> known_by(times, 365).tolist()
    [True, False]
    """
    return np.asarray(happened_by(times, horizon_days) | (times["followed_days"].to_numpy() >= horizon_days))


def happened_by(times: pd.DataFrame, horizon_days: int) -> np.ndarray:
    """Return which rows are seen to have the event by the horizon, its day included."""
    return np.asarray(times["event"].to_numpy(bool) & (times["days"].to_numpy() <= horizon_days))


def as_seen_after(times: pd.DataFrame, limit_days: np.ndarray) -> pd.DataFrame:
    """Return the times as they were known earlier, for example at the origin of a forecast.

    Parameters
    ----------
    times : DataFrame of shape (n_rows, 3)
        As `time_to_entry` returns it.
    limit_days : ndarray of shape (n_rows,)
        Follow-up in days that each row had by then, less the least length of an entry.

    Examples
    --------
    >>> times = pd.DataFrame({"days": [40], "event": [True], "followed_days": [500]})
    >>> as_seen_after(times, np.array([30]))
       days  event  followed_days
    0    30  False             30
    """
    followed = np.clip(limit_days, 0, times["followed_days"].to_numpy())
    event = times["event"].to_numpy(bool) & (times["days"].to_numpy() <= followed)
    return pd.DataFrame(
        {
            "days": np.where(event, times["days"].to_numpy(), followed),
            "event": event,
            "followed_days": followed,
        }
    )


def _first_day(rows: pd.DataFrame, spells: pd.DataFrame, outcome: Outcome) -> np.ndarray:
    """Return the day of each row's first event after the answer, infinite where there is none."""
    left = rows[["client_id", "answered_on"]].assign(row=np.arange(len(rows)))
    pairs = left.merge(spells[["client_id", "started_on", "ended_on"]], on="client_id", how="inner")
    if outcome.measure == "state":
        day = pairs["answered_on"] + outcome.horizon_days * DAY
        met = (pairs["started_on"] <= day) & (pairs["ended_on"].isna() | (pairs["ended_on"] >= day))
        when = pd.Series(float(outcome.horizon_days), index=pairs.index)
    else:
        lasted = (pairs["ended_on"] - pairs["started_on"]).dt.days + 1  # both days count
        met = pairs["ended_on"].isna() | (lasted >= 7 * outcome.minimum_weeks)
        met &= pairs["started_on"] > pairs["answered_on"]
        when = (pairs["started_on"] - pairs["answered_on"]).dt.days.astype("float64")
    first = np.full(len(rows), np.inf)
    np.minimum.at(first, pairs.loc[met, "row"].to_numpy(), when[met].to_numpy())
    return first
