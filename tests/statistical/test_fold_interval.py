"""The headline's interval over a thousand samples: it covers, it is not too wide, and noise shows nothing.

Takes about ten minutes on two cores: `make statistical`. The short version below runs with all tests.
"""

from functools import partial

import numpy as np
import pytest
from joblib import Parallel, delayed
from tests.statistical.fold_world import cross_validated, draw, exchanged, true_difference

from eriq.study.evaluation.fold_interval import fold_interval

RUNS = 1000


def one_run(kind: str, clients: int, seed: int) -> tuple[float, float, float, float]:
    """Return estimate, limits and the truth for one sample; under a null the truth is not looked for."""
    rng = np.random.default_rng([seed, clients, sum(map(ord, kind))])
    sample = draw(rng, clients)
    if kind == "outcomes permuted":
        sample = type(sample)(
            sample.registers, sample.items, exchanged(rng, sample.outcome, sample.waves), sample.client, sample.waves
        )
    if kind == "questionnaires permuted":
        sample = type(sample)(
            sample.registers, exchanged(rng, sample.items, sample.waves), sample.outcome, sample.client, sample.waves
        )
    found = fold_interval(cross_validated(rng, sample))
    truth = true_difference(sample, draw(rng, 5000)) if kind == "signal" else np.nan
    return found.estimate, found.low, found.high, truth


def many(kind: str, clients: int, runs: int) -> np.ndarray:
    """Return `runs` runs as an array of shape (runs, 4)."""
    run = partial(one_run, kind, clients)
    return np.array(Parallel(n_jobs=2)(delayed(run)(seed) for seed in range(runs)))


def at_most(rate: float, runs: int) -> float:
    """Return a rate and two Monte Carlo errors."""
    return rate + 2 * float(np.sqrt(rate * (1 - rate) / runs))


@pytest.mark.long
@pytest.mark.parametrize("clients", [400, 800, 1500])
def test_the_interval_covers_and_is_not_too_wide(clients: int) -> None:
    """Of 1,000 samples at least .93, less Monte Carlo error, cover; the width is at most 1.3 of the true spread's."""
    estimate, low, high, truth = many("signal", clients, RUNS).T
    target = truth.mean()
    coverage = ((low <= target) & (target <= high)).mean()
    width = (high - low).mean() / (2 * 1.96 * estimate.std(ddof=1))
    print(f"\n{clients} clients: true difference {target:+.4f}, coverage {coverage:.3f}, width {width:.2f}")  # noqa: T201

    assert coverage >= 0.93 - 2 * np.sqrt(0.93 * 0.07 / RUNS)
    assert width <= 1.3


@pytest.mark.long
@pytest.mark.parametrize("clients", [400, 800, 1500])
def test_permuted_outcomes_show_neither_gain_nor_loss(clients: int) -> None:
    """Gain and loss are shown in at most 2.5 % of 1,000 samples each, and Monte Carlo error."""
    _, low, high, _ = many("outcomes permuted", clients, RUNS).T
    print(f"\n{clients} clients: gain {(low > 0).mean():.3f}, loss {(high < 0).mean():.3f}")  # noqa: T201

    assert (low > 0).mean() <= at_most(0.025, RUNS)
    assert (high < 0).mean() <= at_most(0.025, RUNS)


@pytest.mark.long
@pytest.mark.parametrize("clients", [400, 800, 1500])
def test_permuted_questionnaires_show_no_gain(clients: int) -> None:
    """With registers as they are a gain is shown in at most 2.5 % of 1,000 samples, and Monte Carlo error."""
    _, low, _, _ = many("questionnaires permuted", clients, RUNS).T
    print(f"\n{clients} clients: gain {(low > 0).mean():.3f}")  # noqa: T201

    assert (low > 0).mean() <= at_most(0.025, RUNS)


def test_under_noise_the_standard_error_is_larger_by_the_root_of_two() -> None:
    """Over 60 samples of permuted outcomes the two parts of the variance are equal, within 35 %."""
    parts = []
    for seed in range(60):
        rng = np.random.default_rng([seed, 5])
        sample = draw(rng, 300)
        noise = type(sample)(
            sample.registers, sample.items, exchanged(rng, sample.outcome, sample.waves), sample.client, sample.waves
        )
        found = fold_interval(cross_validated(rng, noise))
        parts.append((found.fixed, found.refit))
    fixed, refit = np.mean(parts, axis=0)

    assert 0.65 < refit / fixed < 1.35
