"""Contenders on identical rows and folds -> the tables of the comparison."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, dataclass

import numpy as np
import pandas as pd

from eriq.config import Experiment, Headline
from eriq.errors import CohortError, ConfigError
from eriq.features import FACTORS
from eriq.model.calibrator import Calibrator, expit
from eriq.study.design.contender import Contender
from eriq.study.design.design import Design
from eriq.study.design.folds import Fold, apart, make_folds
from eriq.study.evaluation.calibration import (
    calibration_errors,
    calibration_table,
    fit_calibrator,
    logistic_recalibration,
    recalibration_weighted,
    smooth_curve,
)
from eriq.study.evaluation.decomposition import decompose
from eriq.study.evaluation.intervals import Replicates, bootstrap, client_weights, differences, skill, summarise
from eriq.study.evaluation.metrics import auc, decision_curve, delong_difference, majority_accuracy, overlap
from eriq.study.evaluation.sample_size import statement
from eriq.study.learning.estimators import ESTIMATORS
from eriq.study.learning.training import Progress, run_all
from eriq.tables.cohort import require_two_classes

SAVED = "saved model, calibrated"
Tables = dict[str, pd.DataFrame]


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """What a benchmark found."""

    contenders: tuple[Contender, ...]
    log_odds: np.ndarray  # out-of-fold, (n_rows, n_contenders)
    inner: "Inner"  # the forecasts on which the saved model is chosen and calibrated
    folds: tuple[Fold, ...]
    chosen: Contender
    baseline: str
    tables: Tables


@dataclass(frozen=True, slots=True, eq=False)
class Inner:
    """Out-of-fold forecasts of the rows that may be learned from."""

    design: Design
    log_odds: np.ndarray
    folds: tuple[Fold, ...]

    def calibrator(self, place: int) -> Calibrator:
        """Return the calibration of one contender, from forecasts for people it was not fitted on."""
        known = ~np.isnan(self.log_odds[:, place])
        return fit_calibrator(self.log_odds[known, place], self.design.outcome[known])

    def bootstrap(self, experiment: Experiment) -> Replicates:
        """Return log loss of all contenders on bootstrap samples of these clients."""
        rows = np.flatnonzero(~np.isnan(self.log_odds).any(axis=1))
        return bootstrap(
            self.design.outcome[rows],
            expit(self.log_odds[rows]),
            self.design.client[rows],
            replicates=experiment.intervals.replicates,
            seed=experiment.seed,
            shares=(0.1,),
            thresholds=(0.1,),
        )


def headline_names(headline: Headline, contenders: Sequence[Contender]) -> tuple[str, str]:
    """Return the two contenders of the difference declared in advance.

    Raises
    ------
    ConfigError
        When one of them does not take part.
    """
    by_key = {(c.block, c.estimator): c.name for c in contenders}
    keys = [(headline.with_, headline.estimator), (headline.without, headline.estimator)]
    if missing := [f"{block} | {estimator}" for block, estimator in keys if (block, estimator) not in by_key]:
        raise ConfigError(f"the headline compares contenders that do not take part: {', '.join(missing)}")
    return by_key[keys[0]], by_key[keys[1]]


def compare(
    design: Design,
    contenders: Sequence[Contender],
    experiment: Experiment,
    log_odds: np.ndarray,
    folds: Sequence[Fold],
    truth: np.ndarray | None = None,
    workers: int = 1,
    inner: "Inner | None" = None,
) -> Comparison:
    """Return every table of the comparison from out-of-fold log-odds.

    Parameters
    ----------
    design : Design
    contenders : sequence of Contender
    experiment : Experiment
        Intervals, capacities, headline.
    log_odds : ndarray of shape (n_rows, n_contenders)
        Rows that no fold tested are NaN and are left out, for everybody alike.
    folds : sequence of Fold
    truth : ndarray of shape (n_rows,), optional
        True probabilities, where people were made up.
    workers : int
        Threads of the bootstrap.
    inner : Inner, optional
        With a fixed external set: forecasts at home, on which the model to save is chosen and calibrated,
        so that the external rows are only tested on.
    """
    tested = ~np.isnan(log_odds).any(axis=1)
    rows = np.flatnonzero(tested)
    outcome, client = design.outcome[rows], design.client[rows]
    require_two_classes(outcome, "Only rows that some fold tests count.")
    probability = expit(log_odds[rows])
    names = [c.name for c in contenders]
    with_, without = headline_names(experiment.headline, contenders)
    plan, room = experiment.intervals, experiment.capacity
    made = bootstrap(
        outcome,
        probability,
        client,
        replicates=plan.replicates,
        seed=experiment.seed,
        shares=room.shares,
        numbers=room.numbers,
        thresholds=room.thresholds,
        workers=workers,
    )
    chosen = choose(contenders, inner.bootstrap(experiment) if inner else made, names, experiment.choose_from)
    place = names.index(chosen.name)
    if inner:
        calibrated = inner.calibrator(place).apply(log_odds[rows, place])
    else:
        calibrated = cross_calibrated(design, log_odds[:, place], folds)[rows]
    shown = {name: probability[:, names.index(name)] for name in dict.fromkeys((with_, without, chosen.name))}
    shown[SAVED] = expit(calibrated)
    curve, bins, smooth = _curves(outcome, shown, client, experiment)
    measures = summarise(made, names, plan.level)
    measures = pd.concat(
        [
            measures,
            _skills(made, names, without, plan.level),
            _calibration_measures(outcome, log_odds[rows], client, names, experiment, workers),
            _saved_measures(outcome, calibrated, client, experiment),
            smooth,
            pd.DataFrame(
                [{"contender": "majority", "measure": "accuracy_majority", "estimate": majority_accuracy(outcome)}]
            ),
        ],
        ignore_index=True,
    )
    tables: Tables = {
        "contenders": _contender_table(contenders),
        "measures": measures,
        "differences": differences(made, names, without, plan.level),
        "all_differences": differences(made, names, None, plan.level),
        "capacity": _capacity(measures),
        "overlap": _overlaps(probability, names, [without, with_, chosen.name], room.shares, room.numbers),
    }
    tables["headline"] = _headline(experiment, tables["differences"], with_, without, outcome, client)
    tables["calibration_curve"], tables["calibration_bins"] = curve, bins
    tables["decision_curve"] = _decision_curves(outcome, shown, client, experiment)
    if {frozenset(_factors(c.block) or ()) for c in contenders if _factors(c.block) is not None} >= _all_subsets():
        tables["decomposition"] = _decomposition(made, names, contenders, experiment)
    tables["human"] = _against_people(tables["all_differences"], with_, contenders)
    if truth is not None:
        tables["oracle"] = _oracle(outcome, probability, names, without, truth[rows])
    if len(np.unique(client)) == len(client):
        tables["delong"] = _delong(outcome, probability, names, without, plan.level)
    source = inner or Inner(design, log_odds, tuple(folds))
    return Comparison(tuple(contenders), log_odds, source, tuple(folds), chosen, without, tables)


def choose(
    contenders: Sequence[Contender], made: Replicates, names: Sequence[str], choose_from: Sequence[str] = ()
) -> Contender:
    """Return the contender to save: lowest out-of-fold log loss, ties to the simpler.

    A tie is a paired difference from the best within one bootstrap standard error of it. Left
    out are the yardstick of prevalence, estimators that cannot be saved without pickle, and
    blocks that need the client's earlier waves.

    References
    ----------
    Breiman, Friedman, Olshen and Stone (1984), Classification and Regression Trees, section 3.4.3.
    """
    able = [
        c
        for c in contenders
        if ESTIMATORS[c.estimator].savable
        and c.estimator != "prevalence"
        and not any(name.startswith("changes.") for name in c.columns)
        and (not choose_from or c.block in choose_from)
    ]
    if not able:
        raise ConfigError("no contender can be saved: name an estimator such as logistic, or check choose_from")
    loss = made.at("log_loss")
    place = {c.name: names.index(c.name) for c in able}
    best = min(able, key=lambda c: made.estimate[loss, place[c.name]])
    draws = made.draws[loss][made.usable]
    behind = {
        c.name: (
            made.estimate[loss, place[c.name]] - made.estimate[loss, place[best.name]],
            float((draws[:, place[c.name]] - draws[:, place[best.name]]).std()),
        )
        for c in able
    }
    tied = [c for c in able if behind[c.name][0] <= behind[c.name][1]]
    return min(tied, key=lambda c: (ESTIMATORS[c.estimator].simplicity, len(c.columns), behind[c.name][0]))


def cross_calibrated(design: Design, log_odds: np.ndarray, folds: Sequence[Fold]) -> np.ndarray:
    """Return log-odds calibrated on other people: for each fold, tested rows that it could also train on.

    Under a design in calendar time those are earlier ones; where there are none, nothing is changed.
    """
    calibrated = np.full(len(log_odds), np.nan)
    for fold in (f for f in folds if f.repeat == 0):
        rest = fold.train[~np.isnan(log_odds[fold.train])]
        apart(design.client, rest, fold.test, f"calibration, {fold.name}")
        if len(np.unique(design.outcome[rest])) == 2:
            calibrated[fold.test] = fit_calibrator(log_odds[rest], design.outcome[rest]).apply(log_odds[fold.test])
    return np.where(np.isnan(calibrated), log_odds, calibrated)


def _contender_table(contenders: Sequence[Contender]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "contender": c.name,
            "block": c.block,
            "estimator": c.estimator,
            "words": ESTIMATORS[c.estimator].words,
            "columns": len(c.columns),
            "savable": ESTIMATORS[c.estimator].savable,
            "human": c.estimator in ("level_rates", "best_rule"),
        }
        for c in contenders
    )


def _skills(made: Replicates, names: Sequence[str], without: str, level: float) -> pd.DataFrame:
    tables = []
    for baseline, measure in (("prevalence", "brier_skill_prevalence"), (without, "brier_skill_register")):
        if baseline in names and len(names) > 1:
            tables.append(skill(made, names, baseline, level).assign(measure=measure).drop(columns="baseline"))
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()


def _calibration_measures(
    outcome: np.ndarray,
    log_odds: np.ndarray,
    client: np.ndarray,
    names: Sequence[str],
    experiment: Experiment,
    workers: int = 1,
) -> pd.DataFrame:
    """Return calibration in the large and slope; each replicate is a refit, so there are fewer."""
    n = experiment.intervals.refit_replicates
    weights = list(client_weights(client, n, experiment.seed)) if n else []

    def one(place: int) -> list[dict[str, object]]:
        forecast = log_odds[:, place]
        if np.ptp(forecast) < 1e-9:
            return []  # one forecast for everyone has no slope
        whole = logistic_recalibration(outcome, expit(forecast))
        grouped = [_grouped(outcome, forecast, w) for w in weights]
        slope = [recalibration_weighted(y, x, w)[:, 1] for y, x, w in grouped]
        large = [_in_the_large(y, x, w, whole.in_the_large) for y, x, w in grouped]
        return [
            _with_percentiles(names[place], "calibration_slope", whole.slope, slope, experiment),
            _with_percentiles(names[place], "calibration_in_the_large", whole.in_the_large, large, experiment),
        ]

    with ThreadPoolExecutor(workers) as pool:
        return pd.DataFrame([row for rows in pool.map(one, range(len(names))) for row in rows])


# Neighbouring forecasts of one outcome share their mean in a refit: moves an interval by 0.02 of its standard error.
GROUPS = 600


def _grouped(
    outcome: np.ndarray, log_odds: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return outcome, log-odds and weights of groups of neighbouring rows, some ten times faster to refit."""
    parts = []
    for happened in (0, 1):
        rows = np.flatnonzero(outcome == happened)
        rows = rows[np.argsort(log_odds[rows], kind="stable")]
        starts = np.unique(np.linspace(0, len(rows), min(GROUPS, len(rows)) + 1).astype(int))[:-1]
        sizes = np.diff(np.append(starts, len(rows)))
        mean = np.add.reduceat(log_odds[rows], starts) / sizes
        parts.append((np.full(len(starts), happened), mean, np.add.reduceat(weights[:, rows], starts, axis=1)))
    (y0, x0, w0), (y1, x1, w1) = parts
    return np.concatenate([y0, y1]), np.concatenate([x0, x1]), np.concatenate([w0, w1], axis=1)


STEPS = 100  # of the search for a shift; it takes 3 or 4, and some 15 where forecasts are wrong and certain
SMALL_STEP = 1e-8  # of a shift of the log-odds; what is left after a Newton step so small is about its square


def _in_the_large(outcome: np.ndarray, log_odds: np.ndarray, weights: np.ndarray, start: float) -> np.ndarray:
    """Return, per replicate, the shift of the log-odds that makes the mean forecast right; NaN with one outcome only.

    At that shift forecasts lack as much where it happened as they have too much where it did not. The log of the ratio
    falls with the shift, far out in a straight line, so three or four steps of Newton are enough. Where a step is
    not finite, or more than half of the one before, the middle of the bracket is tried instead.
    """
    happened = outcome == 1
    shift = np.full(len(weights), np.nan)
    active = np.flatnonzero(weights[:, happened].any(axis=1) & weights[:, ~happened].any(axis=1))
    w1, w0 = weights[np.ix_(active, happened)], weights[np.ix_(active, ~happened)]
    low, high = np.full(len(active), -log_odds.max() - 40), np.full(len(active), -log_odds.min() + 40)
    at, last = np.clip(np.full(len(active), start), low, high), high - low
    with np.errstate(all="ignore"):  # a step that is not finite is not taken
        odds1, odds0 = np.exp(log_odds[happened]), np.exp(-log_odds[~happened])
        for _ in range(STEPS):
            (lack, slope1), (excess, slope0) = _missed(w1, odds1, np.exp(at)), _missed(w0, odds0, np.exp(-at))
            ratio = np.log(lack / excess)
            low, high = np.where(ratio > 0, at, low), np.where(ratio > 0, high, at)
            step = ratio / (slope1 + slope0)
            good = np.abs(step) <= np.maximum(last / 2, SMALL_STEP)
            step = np.where(good, step, (low + high) / 2 - at)
            at, last = at + step, np.abs(step)
            far = last > SMALL_STEP
            if not far.all():
                shift[active[~far]] = at[~far]
                active, at, last, low, high, w1, w0 = (part[far] for part in (active, at, last, low, high, w1, w0))
            if not len(active):
                break
    return shift


def _missed(weights: np.ndarray, odds: np.ndarray, factor: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return, per replicate, the forecast probability of what did not happen, summed, and how fast its log falls."""
    missed = 1 / (1 + odds * factor[:, None])
    weighted = weights * missed
    total = weighted.sum(axis=1)
    return total, 1 - np.einsum("rn,rn->r", weighted, missed) / total


def _with_percentiles(
    name: str, measure: str, estimate: float, draws: Sequence[np.ndarray], experiment: Experiment
) -> dict[str, object]:
    low = high = np.nan
    every = np.concatenate(draws) if draws else np.empty(0)
    if np.isfinite(every).any():
        tail = (1 - experiment.intervals.level) / 2
        low, high = np.nanquantile(every, [tail, 1 - tail])
    count = int(np.isfinite(every).sum())
    return {"contender": name, "measure": measure, "estimate": estimate, "low": low, "high": high, "replicates": count}


def _saved_measures(
    outcome: np.ndarray, log_odds: np.ndarray, client: np.ndarray, experiment: Experiment
) -> pd.DataFrame:
    """Return the measures of the model that is saved, each person calibrated on others."""
    plan, room = experiment.intervals, experiment.capacity
    made = bootstrap(
        outcome, expit(log_odds)[:, None], client, replicates=plan.replicates, seed=experiment.seed,
        shares=room.shares, numbers=room.numbers, thresholds=room.thresholds,
    )  # fmt: skip
    slopes = _calibration_measures(outcome, log_odds[:, None], client, [SAVED], experiment)
    return pd.concat([summarise(made, [SAVED], plan.level), slopes], ignore_index=True)


def _capacity(measures: pd.DataFrame) -> pd.DataFrame:
    at = measures[measures["measure"].str.contains("@") & ~measures["measure"].str.startswith("net_benefit")]
    split = at["measure"].str.split("@", expand=True)
    table = at.assign(measure=split[0], k=split[1])
    return table[["contender", "k", "measure", "estimate", "low", "high"]].reset_index(drop=True)


def _overlaps(
    probability: np.ndarray, names: Sequence[str], shown: Sequence[str], shares: Sequence[float], numbers: Sequence[int]
) -> pd.DataFrame:
    rows = []
    shown = list(dict.fromkeys(shown))
    for k in (*shares, *(n for n in numbers if n <= len(probability))):
        for i, first in enumerate(shown):
            for second in shown[i + 1 :]:
                a, b = probability[:, names.index(first)], probability[:, names.index(second)]
                label = f"{k:.0%}" if k in shares else str(k)
                rows.append({"contender": first, "other": second, "k": label, "overlap": overlap(a, b, k)})
    return pd.DataFrame(rows)


def _headline(
    experiment: Experiment, found: pd.DataFrame, with_: str, without: str, outcome: np.ndarray, client: np.ndarray
) -> pd.DataFrame:
    headline, level = experiment.headline, f"{100 * experiment.intervals.level:g}"
    row = found[(found["contender"] == with_) & (found["measure"] == "auc")].iloc[0]
    size = sample_statement(outcome, client, parameters=1)
    verdict = verdict_of(row["estimate"], row["low"], row["high"], headline)
    sentence = (
        f"{verdict[0].upper() + verdict[1:]}: the AUC of {words(headline.with_)} less that of "
        f"{words(headline.without)} ({ESTIMATORS[headline.estimator].words}, same people) is {row['estimate']:+.3f}, "
        f"{level} % interval {row['low']:+.3f} to {row['high']:+.3f}."
    )
    if verdict == "no gain shown":
        sentence += f" The smallest difference these people could have shown is {size.smallest_difference:.3f}."
    return pd.DataFrame(
        [
            {
                "with": headline.with_,
                "without": headline.without,
                "estimator": headline.estimator,
                "measure": "auc",
                **{key: float(row[key]) for key in ("estimate", "low", "high")},
                "smallest_detectable": size.smallest_difference,
                "verdict": verdict,
                "sentence": sentence,
            }
        ]
    )


def words(block: str) -> str:
    """Return a block as a sentence says it.

    >>> words("belief + register_full")
    'belief and register full'
    """
    return block.replace(" + ", " and ").replace("_", " ")


def verdict_of(estimate: float, low: float, high: float, headline: Headline) -> str:
    """Return the verdict in words; a gain is shown only if its whole interval lies above 0.

    >>> plan = Headline.model_validate({"with": "all", "without": "register_full"})
    >>> verdict_of(0.01, -0.002, 0.02, plan), verdict_of(0.008, 0.003, 0.013, plan)
    ('no gain shown', 'small gain')
    """
    if high < 0:
        return "loss shown"
    if low <= 0:
        return "no gain shown"
    if estimate < headline.small_below:
        return "small gain"
    return "large gain" if estimate >= headline.large_from else "moderate gain"


def sample_statement(outcome: np.ndarray, client: np.ndarray, parameters: int, auc_guess: float = 0.70):  # type: ignore[no-untyped-def]
    """Return the sample-size statement, counted in people; the guess comes from studies, not from these rows."""
    codes, row_client = np.unique(client, return_inverse=True)
    events = int((np.bincount(row_client, weights=outcome) > 0).sum())
    persons = len(codes)
    return statement(min(events, persons - 1), persons, len(outcome), parameters, auc_guess)


def _against_people(found: pd.DataFrame, with_: str, contenders: Sequence[Contender]) -> pd.DataFrame:
    """Return the AUC of the declared model less that of each human forecast and of the best rule."""
    people = [c.name for c in contenders if c.estimator in ("level_rates", "best_rule") and c.name != with_]
    auc_rows = found[found["measure"] == "auc"]
    rows = []
    for name in people:
        pair = auc_rows[auc_rows["contender"].isin([with_, name]) & auc_rows["baseline"].isin([with_, name])]
        for row in pair.to_dict("records"):
            ahead = row["contender"] == with_
            ends = (row["low"], row["high"]) if ahead else (-row["high"], -row["low"])
            difference = row["estimate"] if ahead else -row["estimate"]
            beats = "yes" if ends[0] > 0 else "no: it does worse" if ends[1] < 0 else "not shown"
            rows.append(
                {
                    "model": with_,
                    "human": name,
                    "measure": "auc",
                    "estimate": difference,
                    "low": ends[0],
                    "high": ends[1],
                    "beats": beats,
                }
            )
    return pd.DataFrame(rows)


def _curves(
    outcome: np.ndarray, forecasts: Mapping[str, np.ndarray], client: np.ndarray, experiment: Experiment
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return smooth calibration curves with bands, ten bins beside them, and the distances from the diagonal."""
    curves, bins, errors = [], [], []
    n = min(experiment.intervals.refit_replicates, 100)
    draws = np.concatenate(list(client_weights(client, n, experiment.seed))) if n else np.empty((0, len(client)))
    tail = (1 - experiment.intervals.level) / 2
    for name, probability in forecasts.items():
        if np.ptp(probability) < 1e-9:
            continue
        grid = np.unique(np.quantile(probability, np.linspace(0.01, 0.99, 40)))
        curve = smooth_curve(outcome, probability, grid)
        band, again = [], []
        for weights in draws:
            drawn = np.repeat(np.arange(len(outcome)), weights.astype(int))
            fitted = smooth_curve(outcome[drawn], probability[drawn])
            x, observed = fitted["forecast"].to_numpy(), fitted["observed"].to_numpy()
            band.append(np.interp(grid, x, observed, left=np.nan, right=np.nan))
            distance = np.abs(np.interp(probability[drawn], x, observed) - probability[drawn])
            again.append([distance.mean(), *np.quantile(distance, [0.5, 0.9]), distance.max()])
        low, high = np.nanquantile(band, [tail, 1 - tail], axis=0) if band else (np.nan, np.nan)
        curves.append(curve.assign(contender=name, low=low, high=high))
        bins.append(calibration_table(outcome, probability, n_bins=10).assign(contender=name))
        whole = calibration_errors(outcome, probability)
        for place, (measure, value) in enumerate(zip(SMOOTH, astuple(whole), strict=True)):
            errors.append(_with_percentiles(name, measure, value, [np.array([e[place] for e in again])], experiment))
    return pd.concat(curves, ignore_index=True), pd.concat(bins, ignore_index=True), pd.DataFrame(errors)


SMOOTH = ("ici", "e50", "e90", "emax")  # the fields of CalibrationErrors


def _decision_curves(
    outcome: np.ndarray, forecasts: Mapping[str, np.ndarray], client: np.ndarray, experiment: Experiment
) -> pd.DataFrame:
    top = max(np.quantile(p, 0.98) for p in forecasts.values())
    thresholds = [float(t) for t in np.linspace(max(0.01, top / 40), max(0.05, top), 30).round(4)]
    matrix = np.column_stack(list(forecasts.values()))
    made = bootstrap(
        outcome, matrix, client, replicates=min(500, experiment.intervals.replicates), seed=experiment.seed,
        shares=(0.1,), thresholds=thresholds,
    )  # fmt: skip
    table = summarise(made, list(forecasts), experiment.intervals.level)
    table = table[table["measure"].str.startswith("net_benefit@")]
    table = table.assign(
        threshold=table["measure"].str.split("@").str[1].astype("float64"), net_benefit=table["estimate"]
    )
    everyone = decision_curve(outcome, matrix[:, 0], thresholds)["net_benefit_all"]
    lines = [
        table[["contender", "threshold", "net_benefit", "low", "high"]],
        pd.DataFrame({"contender": "treat all", "threshold": thresholds, "net_benefit": everyone}),
        pd.DataFrame({"contender": "treat none", "threshold": thresholds, "net_benefit": 0.0}),
    ]
    return pd.concat(lines, ignore_index=True)


def _factors(block: str) -> tuple[str, ...] | None:
    """Return the factors a block is made of, or None if it is not a union of factors."""
    names = tuple(name.strip() for name in block.split("+"))
    if names == ("none",):
        return ()
    return names if set(names) <= set(FACTORS) else None


def _all_subsets() -> set[frozenset[str]]:
    from itertools import combinations

    return {frozenset(c) for k in range(len(FACTORS) + 1) for c in combinations(FACTORS, k)}


def _decomposition(
    made: Replicates, names: Sequence[str], contenders: Sequence[Contender], experiment: Experiment
) -> pd.DataFrame:
    """Return the Shapley value of each factor, with the headline's estimator where it was crossed with all."""
    counts = {e: sum(1 for c in contenders if c.estimator == e and _factors(c.block)) for e in ESTIMATORS}
    wanted = experiment.headline.estimator
    estimator = wanted if counts.get(wanted) == 15 else max(counts, key=lambda e: counts[e])
    by_subset = {
        frozenset(_factors(c.block) or ()): c.name
        for c in contenders
        if _factors(c.block) is not None and c.estimator in (estimator, "prevalence")
    }
    tables = [
        decompose(made, names, by_subset, measure, experiment.intervals.level).assign(
            measure=measure, estimator=estimator
        )
        for measure in ("auc", "log_loss")
    ]
    return pd.concat(tables, ignore_index=True)


def _oracle(
    outcome: np.ndarray, probability: np.ndarray, names: Sequence[str], without: str, truth: np.ndarray
) -> pd.DataFrame:
    """Return how much of the way from register-only to the true probabilities each contender gets."""
    best, start = auc(outcome, truth), auc(outcome, probability[:, names.index(without)])
    values = [auc(outcome, column) for column in probability.T]
    way = [(value - start) / (best - start) if best > start else np.nan for value in values]
    return pd.DataFrame({"contender": list(names), "auc": values, "oracle_auc": best, "share_of_way": way})


def _delong(
    outcome: np.ndarray, probability: np.ndarray, names: Sequence[str], without: str, level: float
) -> pd.DataFrame:
    """Return DeLong's paired differences; right where each person has one row."""
    base = probability[:, names.index(without)]
    rows = []
    for place, name in enumerate(names):
        if name != without:
            found = delong_difference(outcome, probability[:, place], base, level)
            rows.append(
                {
                    "contender": name,
                    "baseline": without,
                    "estimate": found.estimate,
                    "low": found.low,
                    "high": found.high,
                    "p": found.p,
                }
            )
    return pd.DataFrame(rows)


def other_designs(
    design: Design,
    contenders: Sequence[Contender],
    features: Sequence,
    experiment: Experiment,
    observe_days: int,
    progress: Progress | None = None,
    workers: int | None = None,
) -> pd.DataFrame:
    """Return the AUC under the further validation designs of a config, for the headline's contenders."""
    pair = headline_names(experiment.headline, contenders)
    few = [c for c in contenders if c.name in pair]
    tables = []
    for kind in experiment.validation.also:
        try:
            folds = make_folds(design, experiment, observe_days, kind)
            tested = np.unique(np.concatenate([f.test for f in folds]))
            require_two_classes(design.outcome[tested], "Only tested rows count.")
        except CohortError as why:
            tables.append(pd.DataFrame([{"design": kind, "contender": "not possible", "words": str(why)}]))
            continue
        found = run_all(
            few,
            design,
            folds,
            features,
            seed=experiment.seed,
            tuning=experiment.tuning,
            progress=progress,
            workers=workers,
        )
        rows = np.flatnonzero(~np.isnan(found).any(axis=1))
        made = bootstrap(
            design.outcome[rows], expit(found[rows]), design.client[rows], replicates=experiment.intervals.replicates,
            seed=experiment.seed, shares=(0.1,), thresholds=(0.1,),
        )  # fmt: skip
        table = summarise(made, [c.name for c in few], experiment.intervals.level)
        table = table[table["measure"] == "auc"].rename(columns={"estimate": "auc"}).drop(columns="measure")
        tables.append(
            table.assign(design=kind, rows=len(rows), clients=len(np.unique(design.client[rows])), folds=len(folds))
        )
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()
