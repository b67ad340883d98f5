"""Who is in: one row per answered wave, its outcome, and a count for every row left out."""

import datetime as dt
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from eriq.config import Outcome
from eriq.errors import CohortError
from eriq.tables.schema import FORMS, WORK, empty

Flow = tuple[tuple[str, int], ...]
DAY = pd.Timedelta(days=1)


@dataclass(frozen=True, slots=True, eq=False)
class Registers:
    """What the registers hold, checked: one row per client, per spell, per event, and per form filled in by staff."""

    persons: pd.DataFrame
    spells: pd.DataFrame
    events: pd.DataFrame
    forms: pd.DataFrame = field(default_factory=lambda: empty(FORMS))


@dataclass(frozen=True, slots=True, eq=False)
class Cohort:
    """Answered waves that may be used, in order of client and date."""

    rows: pd.DataFrame  # ANSWERS columns plus outcome (0 or 1)
    flow: Flow  # (reason, rows left out), in the order they were left out
    n_read: int


def keep(rows: pd.DataFrame, rule: pd.Series, why: str, flow: Flow) -> tuple[pd.DataFrame, Flow]:
    """Return the rows that surely meet `rule`, and `flow` with the number that do not.

    >>> people = pd.DataFrame({"age": [17, 40, None]}, dtype="Int8")
    >>> adults, flow = keep(people, people["age"] >= 18, "age under 18 or unknown", ())
    >>> len(adults), flow
    (1, (('age under 18 or unknown', 2),))
    """
    kept = rows.loc[rule.fillna(False).to_numpy(bool)].reset_index(drop=True)
    return kept, (*flow, (why, len(rows) - len(kept)))


def build_cohort(
    answers: pd.DataFrame, registers: Registers, outcome: Outcome, *, followed_until: dt.date | None = None
) -> Cohort:
    """Return the answered waves with a known outcome.

    A row counts only if the whole window, and the least length of a spell after it, was
    observed. Early entries of people whose follow-up breaks off are left out with the rest:
    keeping them alone would raise the rate.

    Parameters
    ----------
    answers : DataFrame of shape (n_answers, any)
        ANSWERS.
    registers : Registers
        PERSONS, SPELLS and EVENTS of at least these clients.
    outcome : Outcome
        Which kinds of spell count, within how many days, lasting how many weeks.
    followed_until : date, optional
        Last day the registers cover: for clients without a date of their own, and a limit to later
        ones; when neither is given, the last date found in SPELLS.

    Returns
    -------
    Cohort

    Raises
    ------
    CohortError
        When nobody is left, or everyone has the same outcome; the counts are in the text.
    """
    rows = answers.sort_values(["client_id", "answered_on"], kind="stable").reset_index(drop=True)
    flow: Flow = ()
    if rows["consent"].notna().any():
        rows, flow = keep(rows, rows["consent"] == 1, "no consent recorded", flow)
    kinds = registers.spells[registers.spells["status"].isin(outcome.kinds)]
    if outcome.at_risk == "not_in_kinds":
        # Any work counts here, also of a kind that is not the outcome: no entry can be seen from within work.
        at_work = registers.spells[registers.spells["status"].isin({*outcome.kinds, *WORK})]
        busy = _any_pair(rows, at_work, lambda p: _covers(p, p["answered_on"]))
        rows, flow = keep(rows, ~busy, "already in work on the answer date", flow)
    until = _followed_until(rows, registers, followed_until)
    needed = rows["answered_on"] + outcome.observe_days * DAY
    enough = until >= needed
    rows, flow = keep(
        rows, enough, f"censored: follow-up ends before day {outcome.observe_days} after the answer", flow
    )
    if rows.empty:
        raise CohortError(f"no usable row is left; {_told(flow)}")
    rows = rows.assign(outcome=_outcome(rows, kinds, outcome).astype("int8"))
    require_two_classes(rows["outcome"].to_numpy(), _told(flow))
    return Cohort(rows, flow, len(answers))


def require_two_classes(outcome: np.ndarray, told: str = "") -> None:
    """Raise CohortError unless both outcomes occur."""
    if len(np.unique(outcome)) < 2:
        what = "nobody has" if not outcome.any() else "everybody has"
        raise CohortError(f"{what} the outcome in {len(outcome)} row(s), so nothing can be learned. {told}".strip())


def _told(flow: Flow) -> str:
    return "left out: " + "; ".join(f"{count} {why}" for why, count in flow) if flow else "nothing was left out"


def _followed_until(rows: pd.DataFrame, registers: Registers, given: dt.date | None) -> pd.Series:
    """Return the last observed day of each row's client."""
    persons, spells = registers.persons.dropna(subset="client_id"), registers.spells
    own = persons.drop_duplicates("client_id").set_index("client_id")["followed_until"]
    until = own.reindex(rows["client_id"]).set_axis(rows.index)
    if given is None:
        return until.fillna(max(spells["started_on"].max(), spells["ended_on"].max()))
    last = pd.Timestamp(given)
    return until.where(until <= last, last)


def _pairs(rows: pd.DataFrame, spells: pd.DataFrame) -> pd.DataFrame:
    """Return every (row, spell of the same client), with the row's position."""
    left = rows[["client_id", "answered_on"]].assign(row=np.arange(len(rows)))
    return left.merge(spells[["client_id", "started_on", "ended_on"]], on="client_id", how="inner")


def _covers(pairs: pd.DataFrame, day: pd.Series) -> pd.Series:
    return (pairs["started_on"] <= day) & (pairs["ended_on"].isna() | (pairs["ended_on"] >= day))


def _any_pair(rows: pd.DataFrame, spells: pd.DataFrame, rule) -> pd.Series:  # type: ignore[no-untyped-def]
    """Return, per row, whether any spell of its client meets `rule`."""
    pairs = _pairs(rows, spells)
    hit = np.zeros(len(rows), dtype=bool)
    hit[pairs.loc[rule(pairs).to_numpy(bool), "row"].to_numpy()] = True
    return pd.Series(hit)


def _outcome(rows: pd.DataFrame, kinds: pd.DataFrame, outcome: Outcome) -> pd.Series:
    """Return 1 where the outcome happened; every row given is observed for long enough."""
    pairs = _pairs(rows, kinds)
    day = pairs["answered_on"] + outcome.horizon_days * DAY
    if outcome.measure == "state":
        met = _covers(pairs, day)
    else:
        starts_within = (pairs["started_on"] > pairs["answered_on"]) & (pairs["started_on"] <= day)
        days = (pairs["ended_on"] - pairs["started_on"]).dt.days + 1  # both days count
        # Follow-up covers the least length after the window, so a spell still open then has lasted.
        met = starts_within & (pairs["ended_on"].isna() | (days >= 7 * outcome.minimum_weeks))
    hit = np.zeros(len(rows), dtype=bool)
    hit[pairs.loc[met.to_numpy(bool), "row"].to_numpy()] = True
    return pd.Series(hit)
