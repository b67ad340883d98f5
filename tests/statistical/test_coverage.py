"""Coverage of 95 % intervals where one client answers several times.

A made-up population in which readiness and luck of a client last: they move every outcome and every
forecast of that client, so rows of one client resemble each other. The truth is the value in a
population of 300,000 clients. With 1,500 cohorts a true coverage of 95 % is observed between 93.3
and 96.7 % (three standard errors), so the limits 93 and 97 separate right from wrong; with the 500 of every
commit between 92.1 and 97.9 %.

Measured when this was written (percentile intervals; 2,000 cohorts of 300 clients): 93.5 % for AUC,
92.8 % for average precision; BCa, basic and normal intervals did no better on these two. From 600
clients on, the size tested here, all measures lie between 94 and 95.5 %.
"""

import numpy as np
import pytest

from eriq.study.evaluation.bootstrap import Replicates, bootstrap
from eriq.study.evaluation.intervals import percentiles
from eriq.study.evaluation.wanted import Wanted

pytestmark = pytest.mark.slow

COHORTS = 1500
LIMITS = {500: (0.92, 0.98), COHORTS: (0.93, 0.97)}
CLIENTS = 600
REPLICATES = 400
WANTED = Wanted(shares=(0.2,), thresholds=(0.1,))

Cohort = tuple[np.ndarray, np.ndarray, np.ndarray]


def draw_cohort(clients: int, rng: np.random.Generator) -> Cohort:
    """Return outcome (n,), two forecasts (n, 2) and client (n,); one to eight rows a client, one row in four a yes."""
    client = np.repeat(np.arange(clients), rng.integers(1, 9, size=clients))
    readiness, luck = rng.normal(size=(2, clients))
    log_odds = -1.9 + 1.2 * readiness[client] + 0.3 * rng.normal(size=len(client))
    outcome = (rng.random(len(client)) < 1 / (1 + np.exp(-log_odds - 1.2 * luck[client]))).astype(int)
    # The second forecast sees readiness through a lasting error of judgement, and is rounded, so that ties occur.
    judged = np.round(log_odds + 0.9 * rng.normal(size=clients)[client], 0)
    forecast = 1 / (1 + np.exp(-np.column_stack([log_odds, judged])))
    return outcome, forecast, client


def measured(outcome: np.ndarray, forecast: np.ndarray, client: np.ndarray, seed: int, replicates: int) -> Replicates:
    """Return the replicates of what is in `WANTED`."""
    return bootstrap(outcome, forecast, client, WANTED, replicates=replicates, seed=seed)


def quantities(values: np.ndarray, made: Replicates) -> np.ndarray:
    """Return the measures of the first contender and last the difference in AUC, from (measures, r, contenders)."""
    auc = values[made.place("auc")]
    return np.array([*values[:, :, 0], auc[:, 0] - auc[:, 1]])


def coverage(cohorts: int, *, by_client: bool) -> dict[str, float]:
    """Return the share of cohorts whose interval holds the truth."""
    population = measured(*draw_cohort(300_000, np.random.default_rng(2013)), seed=0, replicates=1)
    truth = quantities(population.estimate[:, None], population)[:, 0]
    held = np.zeros(len(truth))
    for number in range(cohorts):
        outcome, forecast, client = draw_cohort(CLIENTS, np.random.default_rng([2025, number]))
        unit = client if by_client else np.arange(len(client))
        made = measured(outcome, forecast, unit, seed=number, replicates=REPLICATES)
        low, high = percentiles(quantities(made.draws, made)[:, :, None], level=0.95)
        held += (low[:, 0] <= truth) & (truth <= high[:, 0])
    return dict(zip((*(m.name for m in WANTED.measured), "auc difference"), held / cohorts, strict=True))


@pytest.mark.parametrize("cohorts", [500, pytest.param(COHORTS, marks=pytest.mark.long)])
def test_intervals_over_clients_hold_the_truth_in_93_to_97_percent_of_cohorts(cohorts: int) -> None:
    """Percentile intervals over clients have their nominal coverage for every kind of measure."""
    least, most = LIMITS[cohorts]
    for name, share in coverage(cohorts, by_client=True).items():
        assert least <= share <= most, f"{name}: {share:.3f}"


@pytest.mark.long
def test_intervals_over_rows_promise_too_much() -> None:
    """On the same cohorts, a bootstrap of rows holds the true AUC, Brier score and difference far too seldom."""
    found = coverage(COHORTS // 3, by_client=False)

    assert max(found[name] for name in ("auc", "brier", "auc difference")) < 0.90, found
