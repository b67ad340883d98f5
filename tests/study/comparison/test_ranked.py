"""How forecasts are spread, and what cuts of them reach."""

import numpy as np
import pytest
from sklearn.metrics import precision_score, recall_score

from eriq.study.comparison.ranked import histogram, roc
from eriq.study.evaluation.forecasts import Forecasts
from eriq.study.evaluation.metrics import auc


@pytest.fixture(scope="module")
def forecasts() -> Forecasts:
    rng = np.random.default_rng(11)
    true = rng.normal(-1.5, 1.2, 1500)
    outcome = (rng.random(1500) < 1 / (1 + np.exp(-true))).astype(int)
    rounded = np.round(true, 1)  # with ties
    return Forecasts(("m", "flat"), outcome, np.column_stack([rounded, np.zeros(1500)]), np.arange(1500))


def test_cuts_reach_what_a_library_says(forecasts: Forecasts) -> None:
    """Sensitivity and precision at each cut are scikit-learn's, ties together; a flat forecast has no curve."""
    table = roc(forecasts)
    assert set(table["contender"]) == {"m"}
    for row in table.itertuples():
        above = forecasts.probability[:, 0] >= row.cut
        assert row.sensitivity == pytest.approx(recall_score(forecasts.outcome, above))
        assert row.precision == pytest.approx(precision_score(forecasts.outcome, above))


def test_the_area_under_the_cuts_is_the_auc(forecasts: Forecasts) -> None:
    """With its two ends the curve has the area of the AUC, but for what lies between cuts."""
    table = roc(forecasts)
    x, y = [0, *table["false_positive_rate"], 1], [0, *table["sensitivity"], 1]
    assert np.trapezoid(y, x) == pytest.approx(auc(forecasts.outcome, forecasts.probability[:, 0]), abs=0.005)


def test_between_two_cuts_lie_enough_of_either_outcome(forecasts: Forecasts) -> None:
    """No step of the curve, and no rest behind it, rests on fewer than five rows of one outcome."""
    table, cases = roc(forecasts), forecasts.outcome.sum()
    with_ = np.diff([0, *(table["sensitivity"] * cases), cases])
    without = np.diff([0, *(table["false_positive_rate"] * (1500 - cases)), 1500 - cases])
    assert min(with_.min(), without.min()) > 4.99
    assert table["fewest"].min() >= 5


def test_weights_move_the_curve(forecasts: Forecasts) -> None:
    """A row of weight 3 counts as three."""
    weight = np.where(forecasts.outcome == 1, 3.0, 1.0)
    weighted = Forecasts(("m",), forecasts.outcome, forecasts.log_odds[:, :1], forecasts.client, weight)
    plain, heavy = roc(forecasts), roc(weighted)
    assert heavy["sensitivity"].tolist() == pytest.approx(plain["sensitivity"].tolist())
    assert (heavy["precision"] > plain["precision"]).all()


def test_every_forecast_is_in_one_bin(forecasts: Forecasts) -> None:
    """The bins of each contender hold all rows, the highest forecasts in the last; edges are the same for all."""
    table = histogram(forecasts)
    assert table.groupby("contender")["n"].sum().to_dict() == {"m": 1500, "flat": 1500}
    assert table.groupby("contender")["low"].apply(list).map(tuple).nunique() == 1
    first = table[table["contender"] == "m"].iloc[3]
    inside = (forecasts.probability[:, 0] >= first["low"]) & (forecasts.probability[:, 0] < first["high"])
    assert first["n"] == inside.sum()
