"""Intervals of importance over many samples of a linear world: which form holds the expected importance.

The target is the expected importance of a model trained on so many clients, by the mean over samples. Takes about five
minutes on two cores: `make statistical`.
"""

from functools import partial

import numpy as np
import pandas as pd
import pytest
from joblib import Parallel, delayed

from eriq.config import load_experiment
from eriq.features import Feature
from eriq.model.calibrator import Calibrator
from eriq.study.design.contender import Contender
from eriq.study.design.design import Design, make_design
from eriq.study.explanation.explained import Explained, begin_refits, contributions
from eriq.study.explanation.spread import around, ranks_around
from eriq.study.learning.final import as_model, background_of
from eriq.study.learning.progress import silent
from eriq.study.learning.queue import one_thread
from eriq.study.learning.training import fit

LEVEL = 0.95
WEIGHTS = np.array([0.8, 0.5, 0.35, 0.25, 0.15, 0.1, 0.05, 0, 0, 0])  # of columns that move together
NAMES = tuple(f"register.{letter}" for letter in "abcdefghij")
FEATURES = tuple(Feature(name, "register_history") for name in NAMES)


def draw(rng: np.random.Generator, clients: int) -> Design:
    """Return one to four rows a client, one row in four a yes."""
    client = np.repeat(np.arange(clients), rng.integers(1, 5, clients))
    lasting = 0.6 * rng.normal(size=(clients, 1)) + 0.8 * rng.normal(size=(clients, len(NAMES)))
    x = (0.8 * lasting[client] + 0.6 * rng.normal(size=(len(client), len(NAMES)))).round(1)
    luck = 0.7 * rng.normal(size=clients)[client]
    outcome = (rng.logistic(size=len(client)) < x @ WEIGHTS + luck - 1.6).astype(int)
    return make_design(pd.DataFrame({"client_id": client.astype(str)}), pd.DataFrame(x, columns=NAMES), outcome)


def one_run(estimator: str, clients: int, refits: int, seed: int) -> np.ndarray:
    """Return the importances of one sample, by the model and by each refit, shape (1 + refits, columns)."""
    design = draw(np.random.default_rng([seed, clients]), clients)
    contender = Contender("ten", "some", estimator, NAMES)  # type: ignore[arg-type]
    quick = load_experiment("quick")
    explain = quick.explain.model_copy(update={"rows": 500, "refits": refits})
    with one_thread():
        fitted = fit(contender, design, FEATURES, seed=seed)
        background = background_of(contender, design, FEATURES, seed)
        model = as_model(fitted, Calibrator(0.0, 1.0), (), background)
        plan = quick.model_copy(update={"seed": 1000 * seed, "explain": explain})
        one = Explained(model, contender, design, FEATURES, (), plan)
        found = contributions(one, begin_refits(one), silent)
    return np.array([np.abs(values).mean(axis=0) for values in (found.model, *found.refits)])


def held(ends: tuple[np.ndarray, np.ndarray], target: np.ndarray) -> float:
    """Return the share of intervals that hold their target."""
    return float(((ends[0] <= target) & (target <= ends[1])).mean())


def compared(runs: np.ndarray) -> dict[str, float]:
    """Return coverage of each form, and how often it holds its own estimate, from (runs, 1 + refits, columns)."""
    value, again = runs[:, 0], runs[:, 1:]
    target = value.mean(axis=0)
    rank, own = (np.argsort(np.argsort(-x, axis=-1), axis=-1) + 1 for x in (target, value))
    ends = np.quantile(again, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=1)
    turned = np.maximum(2 * value - ends[::-1], 0)
    ours = np.array([around(v, a, LEVEL) for v, a in zip(value, again, strict=True)]).swapaxes(0, 1)
    ranks = np.array([ranks_around(v, a, LEVEL) for v, a in zip(value, again, strict=True)]).swapaxes(0, 1)
    return {
        "range of refits": held(ends, target),
        "the same, own estimate": held(ends, value),
        "reflected": held(turned, target),
        "estimate and t deviations": held((np.maximum(ours[0], 0), ours[1]), target),
        "width against the true spread": float(
            ((ours[1] - ours[0]).mean(axis=0) / (2 * 1.96 * value.std(axis=0, ddof=1))).mean()
        ),
        "ranks": held((ranks[0], ranks[1]), rank),
        "ranks, own": held((ranks[0], ranks[1]), own),
    }


@pytest.mark.long
@pytest.mark.parametrize(
    ("estimator", "clients", "refits", "runs"),
    [
        ("logistic", 400, 20, 300),
        ("logistic", 400, 3, 300),
        ("logistic", 1500, 20, 300),
        ("lightgbm_pairs", 400, 20, 80),
    ],
)
def test_the_interval_holds_the_expected_importance(estimator: str, clients: int, refits: int, runs: int) -> None:
    """About 95 of 100 intervals hold it, and the range over refits far fewer, or less often its own estimate."""
    run = partial(one_run, estimator, clients, refits)
    found = compared(np.array(Parallel(n_jobs=2)(delayed(run)(seed) for seed in range(runs))))
    words = "; ".join(f"{name} {value:.3f}" for name, value in found.items())
    print(f"\n{estimator}, {clients} clients, {refits} refits: {words}")  # noqa: T201

    assert found["estimate and t deviations"] >= 0.90
    assert found["ranks"] >= 0.95
    assert found["ranks, own"] == 1
    assert found["range of refits"] < found["estimate and t deviations"]
