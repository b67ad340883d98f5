"""How much is recalibrated, and when nothing is."""

import numpy as np
import pytest

from eriq.errors import CohortError
from eriq.monitoring.recalibrating import recalibrated


def world(level: float, slope: float, n: int = 4000) -> tuple[np.ndarray, np.ndarray]:
    """Return outcomes and forecasts that are wrong by a level and a slope."""
    rng = np.random.default_rng(3)
    x = rng.normal(0, 1.5, n)
    return (rng.random(n) < 1 / (1 + np.exp(-(level + slope * x)))).astype("int8"), x


def test_the_smallest_update_that_is_not_rejected_is_taken() -> None:
    """A wrong level gives an intercept, a wrong spread a slope too, each near its true value."""
    level, both = recalibrated(*world(0.6, 1.0)), recalibrated(*world(0.0, 0.5))

    assert (level.kind, level.calibrator.slope) == ("intercept", 1.0)
    assert level.calibrator.intercept == pytest.approx(0.6, abs=0.12)
    assert both.kind == "intercept and slope"
    assert both.calibrator.slope == pytest.approx(0.5, abs=0.08)


@pytest.mark.parametrize(
    ("given", "why"),
    [(world(0.0, 1.0), "as it stands"), (world(0.6, 1.0, 150), "too few"), (world(0.0, -1.0), "do not rank")],
)
def test_otherwise_it_declines_with_its_reason(given: tuple[np.ndarray, np.ndarray], why: str) -> None:
    """A model that fits, too few outcomes, and forecasts that rank the wrong way are no recalibration."""
    with pytest.raises(CohortError, match=why):
        recalibrated(*given)
