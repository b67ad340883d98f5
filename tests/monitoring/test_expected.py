"""What calibrated forecasts lead one to expect."""

import numpy as np
import pytest

from eriq.monitoring.expected import expected
from eriq.study.evaluation.metrics import auc, brier


def test_calibrated_forecasts_reach_what_is_expected() -> None:
    """With outcomes drawn from the forecasts, AUC and Brier score of 50,000 rows are those expected."""
    rng = np.random.default_rng(1)
    p = rng.beta(2, 5, 50_000)
    y = (rng.random(len(p)) < p).astype("int8")

    found = expected(p)

    assert found["auc"] == pytest.approx(auc(y, p), abs=0.01)
    assert found["brier"] == pytest.approx(brier(y, p), abs=0.003)


def test_nobody_is_compared_with_themselves() -> None:
    """Of two forecasts, 0.2 and 0.6, the pairs are 0.6 * 0.8 in order and 0.2 * 0.4 against it."""
    assert expected(np.array([0.2, 0.6]))["auc"] == pytest.approx(0.48 / 0.56)
