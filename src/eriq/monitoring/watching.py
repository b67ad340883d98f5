"""The tables of a monitor page: what moved, what is to be expected, what came true, and whether another does better."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import pandas as pd

from eriq.disclosure import min_people
from eriq.features import Feature
from eriq.model.calibrator import expit
from eriq.model.distributions import FORECAST
from eriq.model.manifest import Manifest
from eriq.monitoring.alarm import able, surplus, watch
from eriq.monitoring.expected import expected
from eriq.monitoring.shift import LEAST, UNKNOWN, shift
from eriq.study.evaluation.delong import delong_difference, delong_interval
from eriq.study.evaluation.metrics import Floats
from eriq.study.evaluation.recalibration import logistic_fit
from eriq.study.evaluation.recalibration import shift as level_shift
from eriq.tables.results import as_result

EVERYONE = "all"
FEW = 20  # of each outcome, under which no discrimination is told
FORECAST_EVENTS = 5.0  # of each outcome that a month's forecasts add up to; known before its outcomes are
DRAWS = 200


def shifted(
    people: pd.DataFrame,
    manifest: Manifest,
    features: tuple[Feature, ...],
    alpha: float,
    others: Mapping[str, pd.DataFrame] = MappingProxyType({}),
) -> pd.DataFrame:
    """Return MONITOR_SHIFT: everyone, waves, job centres of enough people, `others`; Holm over the columns of a slice.

    Parameters
    ----------
    people : DataFrame
        Columns of the model, forecast, client_id, and wave and job_centre where known; rows in order of their days.
    manifest : Manifest
    features : tuple of Feature
    alpha : float
    others : mapping of str to DataFrame
        Further slices by name, with client_id and those columns that such people can have: by the halves answered, by
        caseworkers who are new.
    """
    blocks = {f.name: f.part for f in features} | {FORECAST: FORECAST}
    made = [(EVERYONE, people)]
    for column, words in (("wave", "wave "), ("job_centre", "job centre ")):
        if column in people and people[column].dropna().unique().size > 1:
            parts = people.groupby(column, sort=True)
            # A name alone tells that its few people are there.
            made += [(f"{words}{v}", some) for v, some in parts if some["client_id"].nunique() >= min_people()]
    made += list(others.items())
    columns = [name for name in manifest.distributions if name in people]
    tables = [
        shift(
            manifest.distributions,
            blocks,
            {name: some.drop_duplicates("client_id")[[column for column in columns if column in some]]},
            alpha,
        )
        for name, some in made
    ]
    if not columns:
        return as_result("monitor_shift", pd.DataFrame())
    whole = pd.concat(tables, ignore_index=True)
    # The last centre must not follow from everyone less all others.
    whole["n"] = whole["n"].where(whole["slice"] == EVERYONE, 5 * (whole["n"] / 5).round().astype("int64"))
    return as_result("monitor_shift", whole)


def awaited(log_odds: np.ndarray, seed: int = 1) -> pd.DataFrame:
    """Return MONITOR_EXPECTED of one row per client, with percentile intervals over samples of the clients."""
    p = expit(log_odds)
    if len(p) < LEAST:
        return as_result(
            "monitor_expected", pd.DataFrame({"measure": ["auc", "brier", "log_loss"], "n": len(p)}).assign(**_gaps())
        )
    rng = np.random.default_rng(seed)
    whole = expected(p)
    drawn = pd.DataFrame([expected(rng.choice(p, len(p))) for _ in range(DRAWS)])
    rows = [
        {"measure": m, "n": len(p), "estimate": x, "low": drawn[m].quantile(0.025), "high": drawn[m].quantile(0.975)}
        for m, x in whole.items()
    ]
    return as_result("monitor_expected", pd.DataFrame(rows))


def _gaps() -> dict[str, float]:
    return dict.fromkeys(("estimate", "low", "high"), np.nan)


def by_month(known: pd.DataFrame) -> pd.DataFrame:
    """Return MONITOR_MONTHS of people whose outcomes are known.

    Parameters
    ----------
    known : DataFrame
        client_id, answered_on, outcome, log_odds.
    """
    rows: list[dict[str, object]] = []
    z: list[float] = []
    watched: list[int] = []
    information: list[float] = []
    months = known["answered_on"].dt.strftime("%Y-%m").fillna("whole period")  # of a table that has no days
    for month, some in known.groupby(months, sort=True):
        one = some.drop_duplicates("client_id")
        y, x = one["outcome"].to_numpy("int8"), one["log_odds"].to_numpy("float64")
        p = expit(x)
        line: dict[str, object] = {
            "month": str(month),
            "n": len(y),
            "events": int(y.sum()),
            "others": int((1 - y).sum()),
        }
        line["verdict"] = UNKNOWN
        if min(p.sum(), (1 - p).sum()) >= FORECAST_EVENTS:
            watched.append(len(rows))
            z.append(surplus(y, p))
            information.append(float((p * (1 - p)).sum()))
            line["verdict"] = "quiet"
        if min(y.sum(), (1 - y).sum()) >= FEW:
            area = delong_interval(y, p)
            line |= {"auc": area.estimate, "auc_low": area.low, "auc_high": area.high} | _level(y, x) | _slope(y, x)
        rows.append(line)
    first = watch(np.array(z)).alarm if z else None
    for number, place in enumerate(watched):
        if first is not None and number >= first:
            rows[place]["verdict"] = "alarm"
        elif not able(np.array(information)):  # silence of so few says nothing
            rows[place]["verdict"] = UNKNOWN
    wanted = [
        "month",
        "n",
        "events",
        "others",
        "auc",
        "auc_low",
        "auc_high",
        "level",
        "level_low",
        "level_high",
        "slope",
        "slope_low",
        "slope_high",
        "verdict",
    ]
    return as_result("monitor_months", pd.DataFrame(rows).reindex(columns=wanted) if rows else pd.DataFrame())


def _level(y: np.ndarray, x: Floats) -> dict[str, float]:
    """Return calibration in the large with its interval."""
    level = level_shift(x, y.astype("float64"), np.ones(len(y)))
    p = expit(x + level)
    half = 1.96 / float(np.sqrt((p * (1 - p)).sum()))
    return {"level": level, "level_low": level - half, "level_high": level + half}


def _slope(y: np.ndarray, x: Floats) -> dict[str, float]:
    """Return the calibration slope with its interval; 1 is right, below 1 forecasts are too far apart."""
    intercept, slope = logistic_fit(x, y.astype("float64"), np.ones(len(y)))
    if np.isnan(slope):
        return {}
    p = expit(intercept + slope * x)
    v = p * (1 - p)
    half = 1.96 / float(np.sqrt(v @ (x - (v @ x) / v.sum()) ** 2))  # what the information leaves beside the intercept
    return {"slope": slope, "slope_low": slope - half, "slope_high": slope + half}


def against(outcome: np.ndarray, champion: np.ndarray, challenger: np.ndarray) -> pd.DataFrame:
    """Return MONITOR_CHALLENGER: challenger less champion for the same clients, one row each, with intervals.

    Parameters
    ----------
    outcome, champion, challenger : ndarray of shape (n_clients,)
        What happened, and the log-odds of either.
    """
    n, rows = len(outcome), list[dict[str, object]]()
    possible = min(outcome.sum(), n - outcome.sum()) >= FEW
    for measure in ("auc", "log_loss", "brier"):
        line: dict[str, object] = {"measure": measure, "n": n, "verdict": UNKNOWN, **_gaps()}
        if possible:
            low, estimate, high = _difference(measure, outcome, expit(challenger), expit(champion))
            better = low > 0 if measure == "auc" else high < 0
            worse = high < 0 if measure == "auc" else low > 0
            line |= {"estimate": estimate, "low": low, "high": high}
            line["verdict"] = "challenger better" if better else "champion better" if worse else "cannot tell"
        rows.append(line)
    return as_result("monitor_challenger", pd.DataFrame(rows))


def _difference(measure: str, y: np.ndarray, a: Floats, b: Floats) -> tuple[float, float, float]:
    if measure == "auc":
        found = delong_difference(y, a, b)
        return found.low, found.estimate, found.high
    if measure == "brier":
        apart = (a - y) ** 2 - (b - y) ** 2
    else:
        a, b = (np.clip(np.where(y == 1, p, 1 - p), 1e-12, 1) for p in (a, b))
        apart = np.log(b) - np.log(a)
    half = 1.96 * float(apart.std(ddof=1)) / float(np.sqrt(len(y)))
    return float(apart.mean()) - half, float(apart.mean()), float(apart.mean()) + half
