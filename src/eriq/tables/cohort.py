"""Who is in: one row per answered wave, its outcome, and a count for every row left out."""

import datetime as dt
from dataclasses import dataclass, field
from typing import get_args

import numpy as np
import pandas as pd

from eriq.config import LeftRule, Outcome
from eriq.errors import CohortError
from eriq.tables.consent import not_given, was_asked, withdrawn
from eriq.tables.followup import FollowUp, ends_early, follow_up, of_client
from eriq.tables.kept import rows_of
from eriq.tables.outcome import DAY, counting, happened, ongoing, service_end
from eriq.tables.results import as_result
from eriq.tables.schema import FORMS, WORK, empty
from eriq.tables.time_to_entry import (
    followed_days,
    happened_by,
    known_by,
    last_observed_day,
    time_of_state,
    time_to_entry,
)

Flow = tuple[tuple[str, int], ...]
TIMES = ("days", "event", "followed_days")

UNKNOWN_HOURS = {"leave_out": "does not count", "count": "counts"}
LEFT_WORDS = {
    "no_entry": "counts as not having the outcome from that day",
    "censored": "is left out, like anyone whose follow-up ends early",
}


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

    rows: pd.DataFrame  # ANSWERS columns plus outcome (0 or 1), and TIMES where censored rows were asked for
    flow: Flow  # (reason, rows left out), in the order they were left out
    n_read: int
    remarks: tuple[str, ...] = ()  # sentences: how far the registers see, and what counts


def keep(rows: pd.DataFrame, rule: pd.Series | np.ndarray, why: str, flow: Flow) -> tuple[pd.DataFrame, Flow]:
    """Return the rows that surely meet `rule`, and `flow` with the number that do not.

    >>> people = pd.DataFrame({"age": [17, 40, None]}, dtype="Int8")
    >>> adults, flow = keep(people, people["age"] >= 18, "age under 18 or unknown", ())
    >>> len(adults), flow
    (1, (('age under 18 or unknown', 2),))
    """
    kept = rows.loc[pd.Series(rule).fillna(False).to_numpy(bool)].reset_index(drop=True)
    return kept, (*flow, (why, len(rows) - len(kept)))


def build_cohort(
    answers: pd.DataFrame,
    registers: Registers,
    outcome: Outcome,
    *,
    followed_until: dt.date | None = None,
    censored: bool = False,
) -> Cohort:
    """Return the answered waves with a known outcome.

    A row counts only if the whole window, and the least length of a spell after it, was
    observed. Early entries of people whose follow-up breaks off are left out with the rest:
    keeping them alone would raise the rate. Who left for good is seen to the end wherever the
    registers reach it, unless the outcome says ``left: censored``.

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
        ones; when neither is given, the latest start of a spell of the outcome's kinds.
    censored : bool
        Keep rows whose follow-up breaks off too. All rows then have TIMES: days to the entry or the end of follow-up,
        event, and followed_days; what those say of the horizon is the outcome, and 0 where they say nothing.

    Returns
    -------
    Cohort

    Raises
    ------
    CohortError
        When nobody is left, everyone has the same outcome, or the last observed day is in doubt; the counts are in
        the text.
    """
    cohort = _cohort(answers, registers, outcome, followed_until, censored=censored)
    known = known_by(cohort.rows, outcome.horizon_days) if censored else np.ones(len(cohort.rows), dtype=bool)
    if not known.any():
        raise CohortError(f"no usable row is left; {_told(cohort.flow)}")
    require_two_classes(cohort.rows["outcome"].to_numpy()[known], _told(cohort.flow))
    return cohort


def sensitivity(
    answers: pd.DataFrame, registers: Registers, outcome: Outcome, *, followed_until: dt.date | None = None
) -> pd.DataFrame:
    """Return how many rows and events there are when who left for good is kept, and when censored.

    Parameters
    ----------
    answers, registers, outcome, followed_until
        As for `build_cohort`.

    Returns
    -------
    DataFrame of shape (2, 4)
        left, rows, events, rate: the declared rule first; the rate is missing where no row is left.

    Raises
    ------
    CohortError
        When the last observed day is in doubt.
    """
    rules: list[LeftRule] = sorted(get_args(LeftRule), key=lambda rule: rule != outcome.left)
    lines = []
    for rule in rules:
        found = _cohort(answers, registers, outcome.model_copy(update={"left": rule}), followed_until).rows["outcome"]
        lines.append((rule, len(found), int(found.sum()), found.mean() if len(found) else None))
    return as_result("left_rules", pd.DataFrame(lines, columns=["left", "rows", "events", "rate"]))


def require_two_classes(outcome: np.ndarray, told: str = "") -> None:
    """Raise CohortError unless both outcomes occur."""
    if len(np.unique(outcome)) < 2:
        what = "nobody has" if not outcome.any() else "everybody has"
        raise CohortError(f"{what} the outcome in {len(outcome)} row(s), so nothing can be learned. {told}".strip())


def _told(flow: Flow) -> str:
    return "left out: " + "; ".join(f"{count} {why}" for why, count in flow) if flow else "nothing was left out"


def censored_words(outcome: Outcome) -> str:
    """Return why a row is left out whose follow-up breaks off."""
    return f"censored: follow-up ends before day {outcome.observe_days} after the answer"


def _cohort(
    answers: pd.DataFrame, registers: Registers, outcome: Outcome, given: dt.date | None, *, censored: bool = False
) -> Cohort:
    """Return the rows with a known outcome, however few, or all at risk with their times."""
    _require_kinds(registers.spells, outcome)
    persons, spells = registers.persons, registers.spells
    rows = _in_order(answers)
    rows, flow = _at_risk(rows.assign(left_on=of_client(rows, persons, "left_on")), spells, outcome)
    if rows.empty:
        raise CohortError(f"no usable row is left; {_told(flow)}")
    seen = follow_up(rows, persons, spells, outcome, given)
    # Nothing is known of somebody after the day of leaving, and for a window only what it needs is looked at.
    needed = rows["answered_on"] + outcome.observe_days * DAY
    gone = rows["left_on"] <= needed
    rows = rows.assign(seen_until=needed.mask(gone, rows["left_on"]))
    known = (seen.until >= needed) & ~(gone & (outcome.left == "censored"))
    if outcome.left == "no_entry":
        # Only where others answered on that day are known as well: else leaving alone would bring a row in early.
        known |= gone & (seen.until >= rows["left_on"] - DAY) & (needed <= seen.end)
    if not censored:
        rows, flow = keep(rows, known, censored_words(outcome), flow)
    rows, flow = _judged(rows, spells, outcome, flow)
    rows = rows.assign(outcome=happened(rows, spells, outcome).astype("int8"))
    if censored:
        rows = _timed(rows, spells, outcome, seen)
    remarks = (seen.words, *ends_early(spells, registers.events, outcome, seen.end), *_rules(registers, outcome))
    made = {name: rows[name].array for name in ("outcome", *TIMES) if name in rows}
    return Cohort(rows_of(answers, rows["place"].to_numpy()).assign(**made), flow, len(answers), remarks)


def _in_order(answers: pd.DataFrame) -> pd.DataFrame:
    """Return what decides who is in, by client and date, with each row's place among the answers."""
    used = [name for name in ("client_id", "answered_on", "consent", "consent_withdrawn_on") if name in answers]
    rows = answers[used].assign(client_id=answers["client_id"].astype("category"), place=np.arange(len(answers)))
    return rows.sort_values(["client_id", "answered_on"], kind="stable").reset_index(drop=True)


def _timed(rows: pd.DataFrame, spells: pd.DataFrame, outcome: Outcome, seen: FollowUp) -> pd.DataFrame:
    """Return the rows with TIMES, and as outcome what those say of the horizon."""
    until = last_observed_day(seen.until, rows["left_on"], seen.end, outcome.left)
    if outcome.measure == "entry":
        times = time_to_entry(rows.assign(followed_until=until), counting(spells, outcome), outcome)
    else:
        followed = followed_days(rows["answered_on"], until, outcome)
        times = time_of_state(rows["outcome"].to_numpy(), followed, outcome.observe_days)
    return rows.assign(**times, outcome=happened_by(times, outcome.horizon_days).astype("int8"))


def _at_risk(rows: pd.DataFrame, spells: pd.DataFrame, outcome: Outcome) -> tuple[pd.DataFrame, Flow]:
    """Return the rows of people who consented and for whom the outcome can still come about."""
    flow: Flow = ()
    left = withdrawn(rows)  # before rows go: a withdrawal counts wherever it stands
    if was_asked(rows):
        agree = ~not_given(rows)
        rows, flow = keep(rows, agree, "no consent recorded", flow)
        left = left[agree]
    if left.any():
        rows, flow = keep(rows, ~left, "consent withdrawn", flow)
    if rows["left_on"].notna().any():
        rows, flow = keep(rows, ~(rows["left_on"] <= rows["answered_on"]), "left for good by the answer date", flow)
    if outcome.at_risk == "not_in_kinds":
        # Any work counts here, also of a kind that is not the outcome: no entry can be seen from within work.
        busy = ongoing(rows, spells[spells["status"].isin({*outcome.kinds, *WORK})])
        rows, flow = keep(rows, ~busy, "already in work on the answer date", flow)
    if outcome.since == "service_end":
        served = ongoing(rows, spells[spells["status"] == "activation"])
        rows, flow = keep(rows, served, "in no service on the answer date", flow)
    return rows, flow


def _judged(rows: pd.DataFrame, spells: pd.DataFrame, outcome: Outcome, flow: Flow) -> tuple[pd.DataFrame, Flow]:
    """Return the rows with the day by which an entry must have begun, or on which a state is looked at."""
    since = rows["answered_on"]
    if outcome.since == "service_end":
        end = service_end(rows, spells, outcome)
        since = end.mask(end.isna() | (end > rows["left_on"]), rows["left_on"])
        in_time = since <= rows["answered_on"] + outcome.service_days * DAY
        why = f"service still goes on {outcome.service_days} days after the answer"
        rows, flow = keep(rows.assign(since=since), in_time, why, flow)
        since, rows = rows["since"], rows.drop(columns="since")
    return rows.assign(judged_on=since + outcome.horizon_days * DAY), flow


def _require_kinds(spells: pd.DataFrame, outcome: Outcome) -> None:
    """Raise CohortError where SPELLS cannot hold the outcome, so that its absence is not taken for a "no"."""
    if "registered" in outcome.kinds and not (spells["status"] == "registered").any():
        raise CohortError(f"outcome {outcome.name}: spells has no spell of status registered")
    work = spells[spells["status"].isin(set(outcome.kinds) & set(WORK))]
    if outcome.minimum_hours is not None and len(work) and not work["hours"].notna().any():
        raise CohortError(f"outcome {outcome.name} asks for hours, and no spell of work has any")


def _rules(registers: Registers, outcome: Outcome) -> tuple[str, ...]:
    """Return what counts, one sentence per rule."""
    given = "" if registers.persons["left_on"].notna().any() else "; persons has no left_on, so nobody is known to have"
    words = [f"Who leaves for good within the window {LEFT_WORDS[outcome.left]}{given}."]
    if outcome.measure == "entry" and outcome.minimum_weeks:
        words.append(
            f"Spells at most {outcome.bridge_days} days apart are joined before the least length of "
            f"{outcome.minimum_weeks} weeks is asked for."
        )
    if outcome.minimum_hours is not None:
        work = registers.spells[registers.spells["status"].isin(set(outcome.kinds) & set(WORK))]
        words.append(
            f"Work of less than {outcome.minimum_hours:g} hours a week does not count; work without hours "
            f"({work['hours'].isna().mean():.0%} of its spells) {UNKNOWN_HOURS[outcome.unknown_hours]}."
        )
    return tuple(words)
