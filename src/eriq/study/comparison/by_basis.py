"""How good forecasts are on exactly the rows that would be scored, by what was answered."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from eriq.config import Experiment
from eriq.disclosure import count_words, hide_parts, min_people
from eriq.errors import CohortError
from eriq.features.halves import basis_words, fit_places
from eriq.study.comparison.bases import Judged
from eriq.study.comparison.calibrated import calibration_measures
from eriq.study.evaluation.intervals import summarise
from eriq.study.evaluation.wanted import Wanted
from eriq.tables.results import AS_ANSWERED, MASKED, SET_ASIDE_ROWS, Results, as_result

LEAST = 20  # people with the outcome, and without it, that a measure rests on
MEASURES = {  # column of the table -> measure
    "auc": "auc",
    "log_loss": "log_loss",
    "slope": "calibration_slope",
    "intercept": "calibration_in_the_large",
}


def basis_tables(judged: Sequence[Judged], experiment: Experiment) -> Results:
    """Return how good each fit is, and how many questionnaires get it: by_basis, scored_on.

    Every fit is judged twice: on the rows that would get it, and on every row that has its halves, all else masked.
    Forecasts are out of fold and calibrated on other people. Where a count of people, or of those with the outcome, is
    small enough to tell of somebody, no such count is given, as the others would give it away.

    Parameters
    ----------
    judged : sequence of Judged
        The model first.
    experiment : Experiment
    """
    design = judged[0].held.design
    if design.halves is None or not judged[0].basis[0]:
        return {}
    known = design.known
    fits = [one for one in judged if not one.not_saved]
    place = fit_places([one.basis for one in fits], design.halves, np.ones(len(known), dtype=bool))
    lines = []
    for one in judged:
        own = (place == fits.index(one)) & known if one in fits else np.zeros(len(known), dtype=bool)
        full = design.halves[list(one.basis[0])].to_numpy(bool).all(axis=1) & known
        lines += [_line(one, own, AS_ANSWERED, experiment)]
        lines += [] if one is judged[0] else [_line(one, full, MASKED, experiment)]
    counts = {basis_words(*one.basis).in_("en"): int(((place == k) & known).sum()) for k, one in enumerate(fits)}
    counts[SET_ASIDE_ROWS] = int(((place < 0) & known).sum())
    table = pd.DataFrame(lines)
    groups = [place == k for k in range(-1, len(fits))]
    if not all(_tellable(group & known, design.outcome, design.client) for group in groups):
        table["events"] = pd.NA
    if any(0 < len(np.unique(design.client[group & known])) < min_people() for group in groups):
        table[["n", "clients"]] = pd.NA
    return {"by_basis": as_result("by_basis", table), "scored_on": _scored_on(counts)}


def _tellable(rows: np.ndarray, outcome: np.ndarray, client: np.ndarray) -> bool:
    """Return whether nobody is in a group, or enough people with the outcome and without it are."""
    people = [len(np.unique(client[rows & (outcome == happened)])) for happened in (0, 1)]
    return not rows.any() or min(people) >= min_people()


def _scored_on(counts: dict[str, int]) -> pd.DataFrame:
    """Return how many rows are scored on which basis; where a count is small, it and others are left out."""
    words, total_may_show = hide_parts(list(counts.values()))
    shown = [word.replace(",", "").isdigit() and total_may_show for word in words]
    rows = pd.Series(list(counts.values()), dtype="Int64").where(pd.Series(shown))
    share = (rows / max(sum(counts.values()), 1)).astype("Float64")
    return as_result("scored_on", pd.DataFrame({"basis": list(counts), "rows": rows, "share": share}))


def _line(one: Judged, rows: np.ndarray, which: str, experiment: Experiment) -> dict[str, object]:
    """Return one row of by_basis: a fit on some rows of the design at home."""
    own = rows[one.rows]
    held, log_odds = one.held.among(own), one.log_odds[own]
    tested = np.flatnonzero(~np.isnan(log_odds) & held.design.known)
    outcome, client = held.design.outcome[tested], held.design.client[tested]
    line: dict[str, object] = {
        "basis": basis_words(*one.basis).en,
        "rows": which,
        "n": len(tested),
        "clients": len(np.unique(client)),
        "events": int(outcome.sum()),
        "estimator": one.chosen.estimator,
        "saved": not one.not_saved,
        "words": one.not_saved,
    }
    line |= {f"{name}{end}": np.nan for name in MEASURES for end in ("", "_low", "_high")}
    if min(len(np.unique(client[outcome == happened])) for happened in (0, 1)) < LEAST:
        return line
    try:
        forecasts = held.judged((one.name,), log_odds[held.tested][:, None])
    except CohortError:  # no period or centre has both outcomes
        return line
    plan = experiment.intervals
    made = forecasts.bootstrap(Wanted(("auc", "log_loss")), replicates=plan.replicates, seed=experiment.seed)
    found = pd.concat([summarise(made, forecasts.names, plan.level), calibration_measures(forecasts, experiment)])
    by_measure = found.set_index("measure")
    for name, measure in MEASURES.items():
        if measure in by_measure.index:
            for column, end in (("", "estimate"), ("_low", "low"), ("_high", "high")):
                line[f"{name}{column}"] = float(by_measure[end][measure])
    return line


def population_words(tables: Results) -> str:
    """Return whom the declared comparison is over, and how many of them a score would be given on what."""
    if "scored_on" not in tables:
        return ""
    table = tables["scored_on"]
    if table["rows"].isna().all():
        return "Judged over all questionnaires with a known outcome, also those that lack a half."
    parts = [
        f"{count_words(int(rows))} ({share:.1%})".replace("%", " %") + f" {_scored(basis)}"
        for basis, rows, share in table.itertuples(index=False)
        if pd.notna(rows) and rows
    ]
    return (
        "Judged over all questionnaires with a known outcome, also those that lack a half. Of them the saved model "
        f"would score {', '.join(parts[:-1])}, and {parts[-1]}."
        if len(parts) > 1
        else f"Judged over all questionnaires with a known outcome; the saved model would score {parts[0]}."
    )


def _scored(basis: str) -> str:
    return "would be set aside" if basis == SET_ASIDE_ROWS else f"on {basis}"
