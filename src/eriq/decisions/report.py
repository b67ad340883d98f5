"""How often people departed from the score, and what happened later; roles, reasons and months, never persons."""

import pandas as pd
from scipy.stats import norm

from eriq.decisions.entries import DEPARTED, FOLLOWED, KEYS, NOT_SEEN
from eriq.disclosure import count_words
from eriq.tables.belief import AFTER_SCORE
from eriq.tables.results import as_result

# Share of cases in which Polish counsellors changed the profile that was proposed; that profiling was given up in 2019,
# after a ruling of the constitutional court.
POLAND = 0.0058
ALL = "all decisions"
ENOUGH = 30  # decisions of a part of time: fewer are mostly held back, and nobody reads rows of dashes


def overrides(decisions: pd.DataFrame, level: float = 0.95) -> pd.DataFrame:
    """Return how often decisions departed from a score that was looked at, of all, by role, decision and time.

    Time is cut by month; by quarter or year where half of the finer parts hold fewer than 30 decisions.

    Parameters
    ----------
    decisions : DataFrame of shape (n_decisions, any)
        Entries of the kind ``decision``: the last one of each score counts.

    Returns
    -------
    DataFrame
        As in `eriq.tables.results`; not yet cleared for print.
    """
    seen = decisions[decisions["beside_score"] != NOT_SEEN]
    by = {"": pd.Series(ALL, index=seen.index), "role": seen["by"], "decision": seen["decision"]}
    period, groups = _period(seen["happened_on"])
    by[period] = groups
    rows = []
    for column, groups in by.items():
        for group, part in seen.groupby(groups, sort=True):
            rows.append(
                {"column": column, "group": str(group), **_share(part, part["beside_score"] == DEPARTED, level)}
            )
    return as_result("overrides", pd.DataFrame(rows))


def _period(days: pd.Series) -> tuple[str, pd.Series]:
    """Return the finest cut of time that holds enough decisions, and the part that each day falls into."""
    for name, code in (("month", "M"), ("quarter", "Q")):
        parts = days.dt.to_period(code).astype("str")
        if parts.value_counts().median() >= ENOUGH:
            return name, parts
    return "year", days.dt.strftime("%Y")


def reasons(decisions: pd.DataFrame, objections: pd.DataFrame) -> pd.DataFrame:
    """Return of how many people each reason was given, for departing from a score and for objecting."""
    rows = []
    for event, part in (("departed", decisions[decisions["beside_score"] == DEPARTED]), ("objected", objections)):
        for reason, named in part.groupby("reason", sort=True):
            rows.append({"event": event, "reason": str(reason), "people": named["client_id"].nunique()})
    return as_result("decision_reasons", pd.DataFrame(rows))


def later(decisions: pd.DataFrame, outcomes: pd.DataFrame, level: float = 0.95) -> pd.DataFrame:
    """Return what happened later, by what was decided and whether that departed from the score.

    Parameters
    ----------
    decisions : DataFrame of shape (n_decisions, any)
    outcomes : DataFrame of shape (n_known, 3)
        client_id, answered_on, outcome (0 or 1).
    """
    known = decisions.merge(outcomes, on=KEYS, how="inner", validate="one_to_one")
    rows = []
    for beside in (FOLLOWED, DEPARTED, NOT_SEEN):
        mine = known[known["beside_score"] == beside]
        for group, part in mine.groupby("decision", sort=True):
            rows.append({"beside_score": beside, "decision": str(group), **_share(part, part["outcome"] == 1, level)})
    return as_result("decisions_later", pd.DataFrame(rows))


def _share(part: pd.DataFrame, yes: pd.Series, level: float) -> dict[str, float]:
    """Return a share of rows with its interval: Wilson's, over as many rows as these are worth.

    Rows of one client resemble each other, so they count less than their number: by the design effect of a ratio of
    sums over clients (Korn and Graubard 1998).
    """
    clients = yes.astype("float64").groupby(part["client_id"]).agg(["sum", "size"])
    n, share, people = len(part), float(yes.mean()), len(clients)
    worth = float(n)
    if 0 < share < 1 and people > 1:
        residual = clients["sum"] - share * clients["size"]
        spread = people / (people - 1) * float((residual**2).sum()) / n**2
        worth = n / max(1.0, spread / (share * (1 - share) / (n - 1)))
    z = float(norm.ppf((1 + level) / 2))
    middle, half = share + z**2 / (2 * worth), z * (share * (1 - share) / worth + z**2 / (4 * worth**2)) ** 0.5
    scale = 1 + z**2 / worth
    with_it = clients["sum"] > 0
    return {
        "rows": n,
        "people": people,
        "people_with": int(with_it.sum()),
        "people_without": int((clients["sum"] < clients["size"]).sum()),
        "estimate": share,
        "low": max(0.0, (middle - half) / scale),
        "high": min(1.0, (middle + half) / scale),
    }


def warnings(table: pd.DataFrame, frame: pd.DataFrame) -> tuple[str, ...]:
    """Return what gives pause: overrides as rare as where nobody decided, and beliefs that are no longer their own.

    Parameters
    ----------
    table : DataFrame
        As `overrides` gives it, not yet cleared: only what may be told is said of it.
    frame : DataFrame of shape (n_entries, any)
        All entries.
    """
    said = []
    whole = table[table["group"] == ALL]
    if len(whole) and whole["estimate"].iloc[0] <= POLAND:
        doubt = (
            "" if whole["high"].iloc[0] <= 10 * POLAND else " So few decisions cannot tell it from a common one yet."
        )
        said.append(
            f"Departures from the score are as rare as in Poland, where {POLAND:.2%} of proposals were changed: "
            f"where hardly anybody departs from a score, nobody decides.{doubt}"
        )
    late = frame[frame["belief_recorded_on"] > frame["score_shown_on"]]
    if len(late):
        words = AFTER_SCORE.replace("recorded", "was recorded")
        said.append(
            f"For {count_words(late['client_id'].nunique())} people a {words}; "
            "'eriq decide exposures' marks these rows, and a training leaves them out."
        )
    return tuple(said)
