"""What a list of limited length reaches when it is filled by the declared contender, by the one without, and by lot."""

import numpy as np
import pandas as pd

from eriq.config import Capacity, Experiment, Groups
from eriq.study.evaluation.bootstrap import Rows, weighted_bootstrap
from eriq.study.evaluation.decisions import flagged
from eriq.study.evaluation.forecasts import Forecasts
from eriq.study.evaluation.intervals import differences, summarise
from eriq.study.evaluation.wanted import Wanted
from eriq.study.groups.picked import Rule, case_of, order_of, picked, rule_of
from eriq.tables.people import BY_LOT
from eriq.tables.results import as_result


def listed(tested: Forecasts, pair: tuple[str, str], experiment: Experiment) -> pd.DataFrame:
    """Return how many of those on a list were cases: ranked with the questionnaire, without it, and drawn by lot.

    The list is the declared one: `groups.pick` says which end of the forecasts it holds, and so who is a case: with
    the outcome at the top of the list, without it elsewhere. Samples of clients are those of the other measures.

    Parameters
    ----------
    tested : Forecasts
        Of all contenders.
    pair : (str, str)
        Names of the declared contenders, with and without.
    experiment : Experiment

    Returns
    -------
    DataFrame
        One row for each of the pair, one for their difference, one for drawing by lot; numbers of rows, by weight.
    """
    rule = rule_of(experiment.groups or Groups(), experiment.capacity)
    shown = tested.only(pair)
    places = _places(shown, rule, experiment)
    score = np.column_stack([_unit(order_of(column, rule.pick)) for column in shown.probability.T])
    case = case_of(shown.outcome, rule.pick)
    plan, at = experiment.intervals, str(places)
    rows = Rows(case, score, shown.drawn, shown.weights)
    made = weighted_bootstrap(rows, Wanted((), numbers=(places,)), replicates=plan.replicates, seed=experiment.seed)
    table = pd.concat([summarise(made, pair, plan.level), differences(made, pair, pair[1], plan.level)])
    table = table[(table["measure"] == "precision") & (table["at"] == at)]
    on_list = [flagged(column, places, shown.weights) > 0 for column in score.T]
    weight = np.ones(len(case)) if shown.weights is None else shown.weights
    rate = float(np.average(case, weights=weight))
    found = pd.concat([table, pd.DataFrame([{"contender": BY_LOT, "estimate": rate, "low": rate, "high": rate}])])
    cases = dict(zip(found["contender"][:2], found["estimate"][:2] * places, strict=True))
    few = {name: min(n, places - n) for name, n in cases.items()} | {BY_LOT: float(places)}
    fewest = [
        min(few[name], few.get(other, few[name])) for name, other in zip(found["contender"], _gaps(found), strict=True)
    ]
    people = {name: len(np.unique(shown.client[on])) for name, on in zip(pair, on_list, strict=True)}
    return as_result(
        "listed",
        pd.DataFrame(
            {
                "contender": found["contender"],
                "baseline": found.get("baseline"),
                "pick": rule.pick,
                "places": places,
                "rows": len(case),
                "people": [None if b else people.get(a) for a, b in zip(found["contender"], _gaps(found), strict=True)],
                **{end: found[end] * places for end in ("estimate", "low", "high")},
                "fewest": np.round(fewest).astype(int),
            }
        ),
    )


def _gaps(table: pd.DataFrame) -> list[str]:
    """Return the baseline of each row, empty where it has none."""
    return [str(name) for name in table["baseline"].fillna("")]


def _places(shown: Forecasts, rule: Rule, experiment: Experiment) -> int:
    """Return how many rows the list holds: what is declared for groups, else the first number there is room for."""
    room: Capacity = experiment.capacity
    declared = experiment.groups is not None and experiment.groups.share is not None
    total = len(shown.outcome) if shown.weights is None else float(shown.weights.sum())
    if rule.thresholds:
        wanted = float(
            picked(shown.probability[:, 0], rule)
            @ (np.ones(len(shown.outcome)) if shown.weights is None else shown.weights)
        )
    else:
        wanted = room.numbers[0] if room.numbers and not declared else rule.share * total
    return int(np.clip(round(wanted), 1, max(1, len(shown.outcome) - 1)))


def _unit(score: np.ndarray) -> np.ndarray:
    """Return a score moved into [0, 1], its order kept."""
    low, high = float(score.min()), float(score.max())
    return (score - low) / (high - low) if high > low else np.full(len(score), 0.5)
