"""When somebody entered, and for how long that could have been seen.

Follow-up ends on the last observed day of a row. An entry counts only once it has lasted, so entries can be told up to
the least length of a spell before that day: `followed_days`, counted from the answer. A row is censored at a horizon if
`followed_days` is less and no entry came before; a row with `followed_days` at or above the horizon is what the 0/1
outcome of a cohort calls observed, and then "entry by the horizon" is that outcome.

Leaving for good (death, emigration, a pension) ends nothing by itself. Under `left: no_entry` the registers go on to
say "no entry", so follow-up goes on to their end, and the curve of entries is a cumulative incidence with leaving as a
competing event: the subdistribution of Fine and Gray, whose set at risk keeps those who left until their follow-up
would have ended, a day that is known here. Under `left: censored` follow-up ends the day before somebody left, which
asks what would have happened had they stayed. Either way no spell lasts beyond that day.
"""

from typing import Literal

import numpy as np
import pandas as pd

from eriq.config import Outcome
from eriq.tables.outcome import join_spells, later_pairs

DAY = pd.Timedelta(days=1)
Left = Literal["no_entry", "censored"]


def last_observed_day(until: pd.Series, left_on: pd.Series, end: pd.Timestamp, left: Left) -> pd.Series:
    """Return the last day of follow-up of each row, under the declared meaning of leaving for good.

    Parameters
    ----------
    until : Series of shape (n_rows,)
        Last observed day of each row's client; may stop where somebody left.
    left_on : Series of shape (n_rows,)
        Day somebody left, or a gap; aligned with `until`.
    end : Timestamp
        Last day of the registers: up to it "no entry" is known of who left while followed.
    left : str
        "no_entry" or "censored".

    Examples
    --------
    >>> until, left_on = (pd.Series(pd.to_datetime([day])) for day in ("2020-12-31", "2020-03-01"))
    >>> end = pd.Timestamp("2021-06-30")
    >>> [f"{last_observed_day(until, left_on, end, rule)[0]:%d %b %Y}" for rule in ("no_entry", "censored")]
    ['30 Jun 2021', '29 Feb 2020']
    """
    eve = left_on - DAY
    if left == "censored":
        return until.where(~(eve < until), eve)
    return until.mask(until >= eve, until.where(until > end, end))


def time_to_entry(rows: pd.DataFrame, spells: pd.DataFrame, outcome: Outcome) -> pd.DataFrame:
    """Return when each row's entry came, and for how many days that could be seen.

    Parameters
    ----------
    rows : DataFrame of shape (n_rows, any)
        client_id, answered_on, followed_until (as `last_observed_day` returns it; a gap observes nothing) and left_on;
        people at risk.
    spells : DataFrame
        client_id, started_on, ended_on of what counts for the outcome.
    outcome : Outcome
        An entry is a spell that starts after the answer and lasts `minimum_weeks`, both days counted.

    Returns
    -------
    DataFrame of shape (n_rows, 3)
        days (to the entry, or observed without one), event, followed_days (at most so many days could be observed; 0
        where follow-up ends before the first day).

    Raises
    ------
    ValueError
        For an outcome that is a state: it has no time, see `time_of_state`.

    Examples
    --------
    >>> from eriq.config import OUTCOMES
    >>> day = pd.Timestamp("2020-01-01")
    >>> rows = pd.DataFrame({"client_id": ["a", "b"], "answered_on": day, "left_on": pd.NaT})
    >>> work = pd.DataFrame({"client_id": ["a"], "started_on": [day + 40 * DAY], "ended_on": [pd.NaT]})
    >>> time_to_entry(rows.assign(followed_until=day + 100 * DAY), work, OUTCOMES["job_entry_12m"])
       days  event  followed_days
    0    40   True             72
    1    72  False             72
    """
    if outcome.measure != "entry":
        raise ValueError(f"outcome {outcome.name} is a state on one day, not an entry")
    answered, until = (rows[name].reset_index(drop=True) for name in ("answered_on", "followed_until"))
    followed = followed_days(answered, until, outcome)
    # What decides the window is looked at as the 0/1 outcome looks at it; later days only decide later entries.
    needed = answered + outcome.observe_days * DAY
    early = _first_entry(rows, spells, outcome, until.where(until < needed, needed))
    late = _first_entry(rows, spells, outcome, until, after_days=outcome.horizon_days)
    first = np.where(early <= outcome.horizon_days, early, late)
    event = first <= followed  # infinite where there is none
    return pd.DataFrame(
        {"days": np.where(event, first, followed).astype(np.int64), "event": event, "followed_days": followed}
    )


def time_of_state(happened: np.ndarray, followed: np.ndarray, day: int) -> pd.DataFrame:
    """Return the times of an outcome that is looked at on one day: what happens, happens then.

    Parameters
    ----------
    happened : ndarray of shape (n_rows,)
        Whether the state was there; read only where follow-up reaches the day.
    followed : ndarray of shape (n_rows,)
        As `followed_days` returns it.
    day : int
        Days after the answer by which it is known: `Outcome.observe_days`.

    Examples
    --------
    >>> time_of_state(np.array([True, True]), np.array([456, 455]), 456)
       days  event  followed_days
    0   456   True            456
    1   455  False            455
    """
    event = np.asarray(happened, dtype=bool) & (followed >= day)
    return pd.DataFrame({"days": np.where(event, day, followed), "event": event, "followed_days": followed})


def followed_days(answered_on: pd.Series, until: pd.Series, outcome: Outcome) -> np.ndarray:
    """Return for how many days after the answer it is seen whether an entry came that lasted, or a state is seen."""
    lasting = 7 * outcome.minimum_weeks if outcome.measure == "entry" else 0
    observed = (until - answered_on).dt.days - lasting
    return observed.fillna(0).clip(lower=0).to_numpy(np.int64)


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


def _first_entry(
    rows: pd.DataFrame, spells: pd.DataFrame, outcome: Outcome, seen_until: pd.Series, after_days: int = 0
) -> np.ndarray:
    """Return the day of each row's first entry later than `after_days` after the answer, infinite where none is seen.

    What begins after `seen_until` is not looked at, and what lasts longer, or beyond the day of leaving, is cut there.
    """
    left = rows[["client_id", "answered_on", "left_on"]].assign(row=np.arange(len(rows)))
    left = left.assign(cut=seen_until.to_numpy()).assign(
        cut=lambda r: r["cut"].mask(r["left_on"] < r["cut"], r["left_on"])
    )
    pairs = later_pairs(left, spells, left["cut"].to_numpy())
    ended = pairs["ended_on"].where(pairs["ended_on"] < pairs["cut"], pairs["cut"])
    entries = join_spells(pairs.assign(ended_on=ended), outcome.bridge_days, key="row")
    lasts = (entries["ended_on"] - entries["started_on"]).dt.days + 1 >= 7 * outcome.minimum_weeks  # both days count
    row = entries["row"].to_numpy()
    when = (entries["started_on"] - left["answered_on"].iloc[row].to_numpy()).dt.days.to_numpy(np.float64)
    first = np.full(len(rows), np.inf)
    wanted = lasts.to_numpy() & (when > after_days)
    np.minimum.at(first, row[wanted], when[wanted])
    return first
