"""Forecasts with reference values of other software, and samples of rows with ties and weights."""

from pathlib import Path

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from eriq.model.calibrator import expit
from eriq.study.evaluation.wanted import Wanted

REFERENCE = Path(__file__).parents[2] / "reference"
FORECASTS = pd.read_csv(REFERENCE / "forecasts.csv")
R = pd.read_csv(REFERENCE / "reference_r.csv").set_index("quantity")["value"]
EVERYTHING = Wanted(shares=(0.05, 0.10, 0.20), thresholds=(0.02, 0.05, 0.10, 0.20, 0.30))
SCORES = ["first", "second", "third"]
OUTCOME = FORECASTS["outcome"].to_numpy()


@st.composite
def rows(draw):
    """Between 4 and 40 rows with both outcomes, scores on a grid of 21 so that ties are common, and whole weights."""
    n = draw(st.integers(4, 40))
    outcome = np.array(draw(st.lists(st.integers(0, 1), min_size=n, max_size=n)))
    outcome[:2] = 0, 1
    probability = np.array(draw(st.lists(st.integers(0, 20), min_size=n, max_size=n))) / 20
    weights = np.array(draw(st.lists(st.integers(0, 3), min_size=n, max_size=n)))
    weights[:2] = np.maximum(weights[:2], 1)
    return outcome, probability, weights


def drawn(seed: int, n: int, intercept: float = 0.0, slope: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Return outcomes and forecasts whose true log-odds are intercept + slope * logit(forecast)."""
    rng = np.random.default_rng(seed)
    x = rng.normal(-1, 1.2, n)
    y = (rng.random(n) < expit(intercept + slope * x)).astype(int)
    return y, expit(x)


Cohort = tuple[np.ndarray, np.ndarray, np.ndarray]


def cohort(rows: int = 300, clients: int = 90, seed: int = 3) -> Cohort:
    """Return outcome, four forecasts (smooth, one decimal, two levels, constant) and client."""
    rng = np.random.default_rng(seed)
    client = rng.integers(clients, size=rows)
    readiness = rng.normal(size=clients)[client]
    outcome = (rng.random(rows) < 1 / (1 + np.exp(1.5 - readiness))).astype(int)
    smooth = 1 / (1 + np.exp(1.5 - readiness - rng.normal(size=rows)))
    forecast = np.column_stack(
        [smooth, smooth.round(1).clip(0.1, 0.9), np.where(smooth > 0.3, 0.4, 0.1), np.full(rows, 0.2)]
    )
    return outcome, forecast, client
