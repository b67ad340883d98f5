"""How far the registers see: the last observed day, stated or derived from what can only lie in the past."""

import datetime as dt
from dataclasses import dataclass

import pandas as pd

from eriq.config import Outcome
from eriq.errors import CohortError
from eriq.tables.by_client import place_among
from eriq.tables.kept import gaps
from eriq.tables.outcome import DAY
from eriq.tables.schema import BENEFITS

# A register without a start for longer, and for far longer than between its starts, seems to have ended.
QUIET_DAYS = 180
FEW_STARTS = 1000  # of so many starts, a single one may not push the last day out


@dataclass(frozen=True, slots=True, eq=False)
class FollowUp:
    """Until when each row's client is seen."""

    until: pd.Series  # last observed day of each row's client; missing where nobody knows
    end: pd.Timestamp  # last observed day of the registers as a whole
    words: str  # one sentence: which day, and where it comes from


def follow_up(
    rows: pd.DataFrame, persons: pd.DataFrame, spells: pd.DataFrame, outcome: Outcome, given: dt.date | None
) -> FollowUp:
    """Return the last observed day of each row's client: stated, or else the latest start of the outcome's spells.

    A start lies in the past when the tables are drawn, while an end may be planned; and a register of other things may
    reach further than the one the outcome is read from.

    Raises
    ------
    CohortError
        Where the day must be derived and cannot be trusted: see `derived_day`.
    """
    until = of_client(rows, persons, "followed_until")
    if given is not None:
        end = pd.Timestamp(given).as_unit("us")
        own = " or a person's own earlier day" if until.notna().any() else ""
        return FollowUp(until.where(until <= end, end), end, f"Last observed day: {_day(end)}, as stated{own}.")
    if len(until) and until.notna().all():
        end = persons["followed_until"].max()
        return FollowUp(until, end, f"Last observed day: stated for each person, at the latest {_day(end)}.")
    end = derived_day(spells, outcome, rows["answered_on"].max())
    words = (
        f"Last observed day: {_day(end)}, the latest start of a spell that the outcome is read from "
        f"({', '.join(outcome.kinds)}), as no day is stated{' for everyone' if until.notna().any() else ''}."
    )
    return FollowUp(until.fillna(end), end, words)


def derived_day(spells: pd.DataFrame, outcome: Outcome, last_answer: pd.Timestamp) -> pd.Timestamp:
    """Return the latest start of a spell of the outcome's kinds.

    Raises
    ------
    CohortError
        When there is no such spell; when the latest starts stand alone, `QUIET_DAYS` and ten times the usual distance
        after the rest, so that they may be planned or slips; or when the day lies more than `QUIET_DAYS` before the
        last answer, so that the register may have ended or is too sparse to tell.
    """
    starts = _starts(spells, outcome.kinds)
    kinds, remedy = ", ".join(outcome.kinds), "say when it is: source.followed_until, or followed_until in persons"
    if starts.empty:
        raise CohortError(f"the last observed day cannot be derived: no spell of {kinds}; {remedy}")
    end: pd.Timestamp = starts.iloc[-1]
    rest = starts.iloc[: -1 - len(starts) // FEW_STARTS]
    if len(rest) and end - rest.iloc[-1] > _quiet(rest):
        gap = (end - rest.iloc[-1]).days
        raise CohortError(
            f"the last observed day is doubtful: the latest start of {kinds} stands alone, {gap} days after the rest, "
            f"and may be planned or a slip; {remedy}"
        )
    if (behind := (last_answer - end).days) > QUIET_DAYS:
        raise CohortError(
            f"the last observed day is doubtful: the latest start of {kinds} lies {behind} days before the last "
            f"answer, so the register may have ended; {remedy}"
        )
    return end


def ends_early(spells: pd.DataFrame, events: pd.DataFrame, outcome: Outcome, end: pd.Timestamp) -> tuple[str, ...]:
    """Return a sentence for each register whose starts stop long before those of the others, or before `end`."""
    starts = {
        f"the register that the outcome is read from ({', '.join(outcome.kinds)})": _of(spells, outcome.kinds),
        "the register of benefits": _of(spells, BENEFITS),
        "the register of education": _of(spells, ("education",)),
        "the register of activation": _of(spells, ("activation",)),
        "the register of events": events["occurred_on"],
    }
    latest = {name: dates.max() for name, dates in starts.items() if dates.notna().any()}
    last = max([end, *latest.values()])
    return tuple(
        f"Careful: {name} seems to end early. Its latest start is {_day(day)}, "
        f"{(last - day).days} days before {_day(last)}, up to where others reach or are said to."
        for name, day in latest.items()
        if last - day > _quiet(starts[name])
    )


def of_client(rows: pd.DataFrame, persons: pd.DataFrame, column: str) -> pd.Series:
    """Return what PERSONS holds in `column` of each row's client."""
    if not persons[column].notna().any():
        return gaps(str(persons[column].dtype), len(rows), coded=False).set_axis(rows.index)
    known = persons.dropna(subset="client_id").drop_duplicates("client_id")
    place = place_among(pd.Index(known["client_id"]), rows["client_id"])
    return pd.Series(known[column].array.take(place, allow_fill=True), index=rows.index, name=column)


def _starts(spells: pd.DataFrame, kinds: tuple[str, ...]) -> pd.Series:
    return _of(spells, kinds).dropna().sort_values()


def _of(spells: pd.DataFrame, kinds: tuple[str, ...]) -> pd.Series:
    return spells["started_on"][spells["status"].isin(kinds)]


def _quiet(starts: pd.Series) -> pd.Timedelta:
    """Return how long a register may be silent: `QUIET_DAYS`, or ten times the mean distance of its starts."""
    mean: pd.Timedelta = (starts.max() - starts.min()) / max(int(starts.count()) - 1, 1)
    return max(QUIET_DAYS * DAY, 10 * mean)


def _day(day: pd.Timestamp) -> str:
    return f"{day:%Y-%m-%d}"
