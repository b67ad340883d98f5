"""What may be asked of a bootstrap."""

import pytest

from eriq.study.evaluation.wanted import Measure, Wanted


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"measures": ("auc", "gini")}, "not gini"),
        ({"shares": (0.0,)}, "capacities"),
        ({"shares": (1.1,)}, "capacities"),
        ({"numbers": (0,)}, "capacities"),
        ({"thresholds": (1.0,)}, "thresholds"),
        ({"measures": ()}, "nothing is wanted"),
    ],
)
def test_what_cannot_be_measured_cannot_be_wanted(change: dict[str, tuple[float, ...]], message: str) -> None:
    """Unknown measures, lists of nobody, forecasts without a price, and nothing at all are refused."""
    with pytest.raises(ValueError, match=message):
        Wanted(**change)  # type: ignore[arg-type]


def test_a_place_on_a_scale_is_apart_from_the_name() -> None:
    """Shares are written as percentages, numbers as they are, thresholds as the forecast from which one acts."""
    wanted = Wanted(("brier",), shares=(0.125,), numbers=(50,), thresholds=(0.1,))

    assert wanted.ranked == tuple(Measure(m, at) for m in ("precision", "recall", "lift") for at in ("12.5%", "50"))
    assert wanted.averaged == (Measure("brier"), Measure("net_benefit", "0.1"))
