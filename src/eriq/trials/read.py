"""A trial read as a trial: balance, shares by month, contrasts, sex x arm, and who answered the survey."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from eriq.tables.results import as_result
from eriq.tables.trial_results import TRIALS
from eriq.trials.trial import Trial, holds
from eriq.trials.weighted import Mean, weighted_mean

SEXES = {1: "women", 0: "men"}
ALL = "all"
APART = "women less men"


def read_trial(trial: Trial) -> dict[str, pd.DataFrame]:
    """Return every table of a trial; each number stands beside how few people it rests on.

    Parameters
    ----------
    trial : Trial

    Returns
    -------
    dict of str to DataFrame
        ``trial_arms``, ``trial_balance``, ``trial_shares``, ``trial_contrasts`` and, where it was asked,
        ``trial_answered``.

    Examples
    --------
    >>> from eriq.config.trial import load_trial
    >>> from eriq.trials.trial import open_trial
    >>> sorted(read_trial(open_trial(load_trial("swedish-trial"))))[:2]
    ['trial_answered', 'trial_arms']
    """
    found = {
        "trial_arms": arms(trial),
        "trial_balance": balance(trial),
        "trial_shares": shares(trial),
        "trial_contrasts": pd.DataFrame(contrasts(trial)),
    }
    if trial.config.answered:
        found["trial_answered"] = answered(trial)
    return {name: as_result(name, table, TRIALS) for name, table in found.items()}


def arms(trial: Trial) -> pd.DataFrame:
    """Return each arm with its people, and the chances they got it by."""
    rows = []
    for arm in trial.arms:
        chance = trial.persons.loc[trial.persons["arm"] == arm, "chance"].to_numpy()
        effective = (1 / chance).sum() ** 2 / (1 / chance**2).sum()  # Kish 1965
        ends = {"lowest": chance.min(), "highest": chance.max()}
        rows.append({"arm": arm, "n": len(chance), **ends, "effective": effective})
    return pd.DataFrame(rows)


def balance(trial: Trial) -> pd.DataFrame:
    """Return the weighted mean of each baseline fact by arm, and its difference from the reference in deviations.

    The deviation is that of both arms together, unweighted (Austin 2009).
    """
    rows = []
    for name in trial.config.baseline:
        whole = trial.persons[["arm", "chance", name]].dropna()
        values = whole[name].to_numpy("float64")
        mean, spread, count = {}, {}, {}
        for arm in trial.arms:
            there = (whole["arm"] == arm).to_numpy()
            mean[arm] = weighted_mean(values[there], whole["chance"].to_numpy()[there]).value
            spread[arm] = float(np.var(values[there])) if there.any() else float("nan")
            count[arm] = _fewest(values[there])
        for arm in trial.arms:
            deviation = np.sqrt((spread[arm] + spread[trial.config.reference]) / 2)
            apart = (mean[arm] - mean[trial.config.reference]) / deviation if deviation > 0 else float("nan")
            rows.append({"fact": name, "arm": arm, "mean": mean[arm], "apart": apart, "fewest": count[arm]})
    return pd.DataFrame(rows)


def _fewest(values: np.ndarray) -> int:
    """Return how many a mean rests on: of a fact that is there or not, the rarer of both."""
    if set(np.unique(values)) <= {0.0, 1.0}:
        return int(min(values.sum(), len(values) - values.sum()))
    return len(values)


def shares(trial: Trial) -> pd.DataFrame:
    """Return the weighted share of each arm in each kind of work and each outcome, by month, of those observed."""
    counted = {**{kind: (kind,) for kind in trial.config.kinds}, **trial.config.outcomes}
    rows = []
    for (arm, month), seen in trial.states.groupby(["arm", "month"]):
        for name, states in counted.items():
            value = holds(seen, states)
            mean = weighted_mean(value, seen["chance"].to_numpy())
            low, high = mean.interval(trial.config.level)
            of = f"{arm} {month}" if name in trial.config.kinds else f"{arm} {month} {name}"
            row = {"of": of, "arm": arm, "month": month, "outcome": name, "n": len(seen), "people_with": value.sum()}
            row["people_without"] = len(seen) - row["people_with"]
            rows.append({**row, "estimate": mean.value, "low": low, "high": high})
    return pd.DataFrame(rows)


def contrasts(trial: Trial) -> Iterator[dict[str, object]]:
    """Yield the difference of each pair of arms in each outcome: all, by sex, and women less men."""
    for month in trial.config.months:
        seen = trial.states[trial.states["month"] == month]
        for outcome, states in trial.config.outcomes.items():
            value = holds(seen, states)
            for place, first in enumerate(trial.arms[1:], 1):
                for second in trial.arms[:place]:
                    said = {"contrast": f"{first} - {second}", "month": month, "outcome": outcome}
                    yield from _pair(trial, seen, value, (first, second), said)


def _pair(
    trial: Trial, seen: pd.DataFrame, value: np.ndarray, pair: tuple[str, str], said: dict[str, object]
) -> Iterator[dict[str, object]]:
    """Yield one pair of arms: all, and by sex where sex is known."""
    arm, chance = seen["arm"].to_numpy(), seen["chance"].to_numpy()
    groups = {ALL: np.ones(len(seen), dtype=bool)}
    if trial.config.sex:
        sex = seen[trial.config.sex].to_numpy("float64", na_value=np.nan)
        groups |= {name: sex == code for code, name in SEXES.items()}
    found: dict[str, tuple[Mean, int]] = {}
    for group, there in groups.items():
        sides = [there & (arm == name) for name in pair]
        first, second = (weighted_mean(value[side], chance[side]) for side in sides)
        found[group] = first.less(second), min(_fewest(value[side]) for side in sides)
    if trial.config.sex:
        (women, some), (men, others) = (found[name] for name in SEXES.values())
        found[APART] = women.less(men), min(some, others)
    for group, (mean, fewest) in found.items():
        low, high = mean.interval(trial.config.level)
        yield {**said, "group": group, "estimate": mean.value, "low": low, "high": high, "fewest": fewest}


def answered(trial: Trial) -> pd.DataFrame:
    """Return the share of each arm that answered the survey, and its difference from the reference."""
    given = trial.persons[str(trial.config.answered)].to_numpy("float64")
    chance = trial.persons["chance"].to_numpy()
    sides = {arm: (trial.persons["arm"] == arm).to_numpy() for arm in trial.arms}
    means = {arm: weighted_mean(given[side], chance[side]) for arm, side in sides.items()}
    rows = []
    for arm, mean in means.items():
        low, high = mean.interval(trial.config.level)
        apart = mean.less(means[trial.config.reference]) if arm != trial.config.reference else Mean(0.0, 0.0)
        gap_low, gap_high = apart.interval(trial.config.level)
        row = {"arm": arm, "n": int(sides[arm].sum()), "fewest": _fewest(given[sides[arm]]), "estimate": mean.value}
        rows.append({**row, "low": low, "high": high, "gap": apart.value, "gap_low": gap_low, "gap_high": gap_high})
    return pd.DataFrame(rows)
