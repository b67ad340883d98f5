"""A made-up randomised trial with given shares: who got which arm by which chance, and a state for every month."""

import numpy as np
import pandas as pd

from eriq.config.trial import SimulatedArm, SimulatedTrial, TrialConfig

LATER_REGISTERED = "registered"  # at the agency and not in work
NOTHING = "neither"


def simulate_trial(config: TrialConfig, source: SimulatedTrial) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return persons and states of a made-up trial.

    Parameters
    ----------
    config : TrialConfig
        Names of columns, and which month is the last.
    source : SimulatedTrial

    Returns
    -------
    persons : DataFrame of shape (n_persons, any)
        Assignment, baseline and whether the survey was answered; nothing of the first two tells the outcome but sex.
    states : DataFrame of shape (n_person_months, 3)
        client, month, state; a month that is not observed has no row.

    Examples
    --------
    >>> from eriq.config.trial import load_trial
    >>> config = load_trial("swedish-trial")
    >>> persons, states = simulate_trial(config, config.source)
    >>> len(persons), int(states["month"].max())
    (1063, 15)
    """
    draw = np.random.default_rng(source.seed)
    persons = _persons(config, source, draw)
    arm = persons[config.assignment.arm].to_numpy()
    last = max(config.months)
    final, start = np.full(len(persons), NOTHING, dtype=object), np.full(len(persons), last + 1)
    for name, given in source.arms.items():
        rows = np.flatnonzero(arm == name)
        women = persons[config.sex].to_numpy()[rows] == 1 if config.sex else np.zeros(len(rows), dtype=bool)
        chance = np.asarray(_shares(given, women, source.flags.get(config.sex or "", 0.5)))
        kinds, weights = list(given.kinds), np.array(list(given.kinds.values()))
        works = draw.random(len(rows)) < chance
        final[rows[works]] = draw.choice(kinds, size=works.sum(), p=weights / weights.sum())
        # What goes beyond the reference begins later, so that arms part from then on.
        reference = source.arms[config.reference]
        beyond = draw.random(len(rows)) < 1 - sum(reference.kinds.values()) / np.maximum(chance, 1e-9)
        first = np.where(beyond, source.grows_from, 1)
        start[rows] = np.where(works, draw.integers(first, last + 1), last + 1)
    return persons, _states(config, source, draw, persons, final, start)


def _persons(config: TrialConfig, source: SimulatedTrial, draw: np.random.Generator) -> pd.DataFrame:
    """Return who takes part: the site and period are the stratum that the lot is drawn in."""
    site = np.repeat(np.arange(len(source.sites)), source.sites)
    period = draw.integers(0, len(source.chances), len(site))
    chances = np.array(source.chances)[period]
    place = (draw.random((len(site), 1)) > chances.cumsum(axis=1)).sum(axis=1).clip(max=chances.shape[1] - 1)
    arms = np.array(list(source.arms))
    columns = {
        config.client: [f"t{number:05d}" for number in range(len(site))],
        config.assignment.arm: arms[place],
        "age": draw.triangular(*source.age, len(site)).round(1),
        **{name: (draw.random(len(site)) < share).astype(int) for name, share in source.flags.items()},
    }
    if config.assignment.stratum:
        columns[config.assignment.stratum] = [f"{s} {p}" for s, p in zip(site, period, strict=True)]
    if config.assignment.probability:
        columns[config.assignment.probability] = chances[np.arange(len(site)), place]
    if config.answered:
        responding = np.array([source.arms[arm].answered for arm in arms])[place]
        columns[config.answered] = (draw.random(len(site)) < responding).astype(int)
    return pd.DataFrame(columns)


def _shares(arm: SimulatedArm, women: np.ndarray, share_of_women: float) -> np.ndarray:
    """Return each person's chance of any kind of work; women and men together have the arm's share."""
    whole = sum(arm.kinds.values())
    return whole + np.where(women, -(1 - share_of_women), share_of_women) * arm.men_less_women


def _states(
    config: TrialConfig,
    source: SimulatedTrial,
    draw: np.random.Generator,
    persons: pd.DataFrame,
    final: np.ndarray,
    start: np.ndarray,
) -> pd.DataFrame:
    """Return one row for every person and month that is observed: who came late was followed for less."""
    last = max(config.months)
    late = draw.random(len(persons))
    without = 1 - np.mean(final != NOTHING)
    registered = draw.random(len(persons)) < 1 - (1 - source.registered) / without
    rows = []
    for month in range(last + 1):
        seen = late < source.observed.get(month, 1.0)
        state = np.where(start <= month, final, np.where(registered, LATER_REGISTERED, NOTHING))
        rows.append(pd.DataFrame({"client": persons[config.client], "month": month, "state": state})[seen])
    return pd.concat(rows, ignore_index=True)
