"""The declared pair in each test period and each job centre, and how much centres differ."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from eriq.config import Experiment
from eriq.disclosure import min_people
from eriq.study.comparison.calibrated import calibration_measures
from eriq.study.comparison.out_of_fold import OutOfFold
from eriq.study.comparison.verdict import headline_pair
from eriq.study.evaluation.forecasts import Forecasts
from eriq.study.evaluation.heterogeneity import FEWEST, random_effects, random_effects_of_auc
from eriq.study.evaluation.intervals import differences, summarise
from eriq.study.evaluation.wanted import Wanted
from eriq.tables.results import Results, as_result


def fold_tables(judged: Mapping[str, OutOfFold], experiment: Experiment) -> Results:
    """Return the declared pair fold by fold where folds are periods or centres, and heterogeneity over centres.

    Parameters
    ----------
    judged : mapping of str to OutOfFold
        Forecasts by the name of their design; designs whose folds are drawn at random give nothing.
    experiment : Experiment
    """
    tables = [_by_fold(design, held, experiment) for design, held in judged.items() if held.unit]
    by_fold = as_result("by_fold", pd.concat(tables, ignore_index=True) if tables else pd.DataFrame())
    return {"by_fold": by_fold, "heterogeneity": heterogeneity(by_fold, experiment.intervals.level)}


def _by_fold(design: str, held: OutOfFold, experiment: Experiment) -> pd.DataFrame:
    with_, without = (c.name for c in headline_pair(experiment.headline, held.contenders))
    tested, tested_by = held.forecasts().only([with_, without]), held.fold
    tables = []
    for place, fold in enumerate(held.folds):
        part = tested.rows(np.flatnonzero(tested_by == place))
        counts = _counts(part)
        enough = counts["fewest"] >= min_people()  # else nothing of it may be shown, and no interval would hold
        found = _measured(part, experiment) if enough else pd.DataFrame([{"contender": with_, "measure": "auc"}])
        tables.append(found.assign(design=design, fold=fold.name, unit=fold.unit, **counts))
    return pd.concat(tables, ignore_index=True).reindex(columns=COLUMNS)


COLUMNS = [
    *("design", "fold", "unit", "rows", "clients", "events", "fewest", "rate", "contender", "baseline", "measure"),
    *("estimate", "low", "high", "se", "replicates"),
]


def _counts(part: Forecasts) -> dict[str, float]:
    """Return who is tested; `fewest` are the people with the outcome, or those without, whichever are fewer."""
    weight = np.ones(len(part.outcome)) if part.weights is None else part.weights
    outcome, client = part.outcome[weight > 0], part.client[weight > 0]
    return {
        "rows": len(outcome),
        "clients": len(np.unique(client)),
        "events": int(outcome.sum()),
        "fewest": min(len(np.unique(client[outcome == happened])) for happened in (0, 1)),
        "rate": float(np.average(part.outcome, weights=weight)) if weight.any() else np.nan,
    }


def _measured(part: Forecasts, experiment: Experiment) -> pd.DataFrame:
    """Return AUC of both and their difference, calibration in the large and slope of the contender with."""
    plan, (with_, without) = experiment.intervals, part.names
    made = part.bootstrap(Wanted(("auc",)), replicates=plan.replicates, seed=experiment.seed)
    draws = made.draws[0, made.usable]
    spread = np.std([draws[:, 0], draws[:, 1], draws[:, 0] - draws[:, 1]], axis=1, ddof=1)
    ranked = [summarise(made, part.names, plan.level), differences(made, part.names, without, plan.level)]
    aucs = pd.concat(ranked, ignore_index=True).drop(columns="at").assign(se=spread)
    return pd.concat([aucs, calibration_measures(part.only([with_]), experiment)], ignore_index=True)


def heterogeneity(by_fold: pd.DataFrame, level: float = 0.95) -> pd.DataFrame:
    """Return mean, tau and prediction interval over job centres of each AUC and of their difference.

    Centres with fewer than five people with or without the outcome are left out, as they are from `by_fold`; with fewer
    than three others there is no row.

    Parameters
    ----------
    by_fold : DataFrame
        As `fold_tables` makes it.
    level : float
    """
    known = by_fold[(by_fold["unit"] == "centre") & (by_fold["measure"] == "auc") & (by_fold["se"] > 0)]
    known = known[known["baseline"].notna() | known["estimate"].between(0, 1, inclusive="neither")]
    groups = known.groupby(["design", "contender", known["baseline"].fillna("")], sort=False)
    rows = [_over_centres(part, level) for _, part in groups if len(part) >= FEWEST]
    return as_result("heterogeneity", pd.DataFrame(rows))


def _over_centres(part: pd.DataFrame, level: float) -> dict[str, object]:
    """Return the random effects of one AUC, or one difference, over centres."""
    first = part.iloc[0]
    paired = bool(pd.notna(first["baseline"]))
    effect, se = part["estimate"].to_numpy(), part["se"].to_numpy()
    found = random_effects(effect, se, level) if paired else random_effects_of_auc(effect, se, level)
    ends, what = ("+.3f", "the difference in AUC") if paired else (".3f", "the AUC")
    return {
        **{name: first[name] for name in ("design", "contender", "baseline", "measure")},
        "folds": found.places,
        **{name: getattr(found, name) for name in ("estimate", "low", "high", "tau")},
        "scale": "as it is" if paired else "logit",
        "prediction_low": found.prediction_low,
        "prediction_high": found.prediction_high,
        "words": (
            f"Over {found.places} job centres {what} is {found.estimate:{ends}} ({found.low:{ends}} to "
            f"{found.high:{ends}}); in a further centre it is expected between {found.prediction_low:{ends}} and "
            f"{found.prediction_high:{ends}} ({100 * level:g} % prediction interval)."
        ),
    }
