"""Ninety people with two waves each, and three folds of them."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from eriq.config import Tuning
from eriq.features import Feature
from eriq.study.design.contender import Contender
from eriq.study.design.design import Design, make_design
from eriq.study.design.folds import Fold, grouped_kfold

ITEMS = tuple(Feature(f"client.q{k}", "client", "ordinal", monotone=1, item=f"q{k}") for k in range(3))


REGISTER = tuple(Feature(f"register.r{k}", "register_history") for k in range(2))


FEATURES = ITEMS + REGISTER


NAMES = tuple(f.name for f in FEATURES)


ONE = Tuning(candidates=1)


def people(clients: int = 90, waves: int = 2, seed: int = 3) -> Design:
    """Return people with answers on five levels, two measured columns, gaps, and an outcome that depends on both."""
    rng = np.random.default_rng(seed)
    n = clients * waves
    matrix = np.column_stack([rng.integers(0, 5, (n, 3)).astype(float), rng.normal(size=(n, 2))])
    outcome = (matrix[:, 0] - 3 + matrix[:, 3] + rng.logistic(size=n) > 0).astype(int)
    matrix[rng.random(matrix.shape) < 0.1] = np.nan
    rows = pd.DataFrame({"client_id": np.repeat([f"c{k}" for k in range(clients)], waves)})
    times = pd.DataFrame({"days": np.where(outcome, 100, 500), "event": outcome == 1, "followed_days": 500})
    made = make_design(rows, pd.DataFrame(matrix, columns=list(NAMES)), outcome)
    return replace(made, times=times, horizon_days=365)  # everybody is followed; read by an estimator of times alone


def contender(estimator: str, columns: tuple[str, ...] = NAMES) -> Contender:
    """Return a contender on `columns`."""
    return Contender(f"all | {estimator}", "all", estimator, columns)  # type: ignore[arg-type]


@pytest.fixture(scope="package")
def design() -> Design:
    """Return ninety people with two waves each."""
    return people()


@pytest.fixture(scope="package")
def folds(design: Design) -> list[Fold]:
    """Return three folds of whole clients."""
    return grouped_kfold(design, 3, 1, seed=1)
