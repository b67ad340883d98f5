"""What travels with a saved model, and what stays: no closer to a person than a few people."""

import numpy as np
import pandas as pd
import pytest

from eriq.features import Feature
from eriq.model.manifest import Measured
from eriq.study.comparison.compare import Comparison
from eriq.study.comparison.out_of_fold import OutOfFold
from eriq.study.design.contender import Contender
from eriq.study.design.design import make_design
from eriq.study.saving import held_out, invented_rows, measured, ranges, verdicts
from eriq.tables.results import SAVED, as_result


@pytest.mark.parametrize(("people", "low", "high", "beyond"), [(20, 6, 15, 5), (2000, 11, 1990, 10)])
def test_published_ranges_leave_people_beyond_each_end(people: int, low: int, high: int, beyond: int) -> None:
    """With values 1 to n, five of 20 and 0.5 % of 2000 lie beyond each end; the outermost two count once."""
    person = np.arange(1, people + 1)
    client = np.concatenate([person, [1] * 9, [people] * 9])
    matrix = pd.DataFrame({"register.age": client.astype("float64")})
    used = (Feature("register.age", "register_basic"),)

    assert ranges(matrix, used, client) == {"register.age": (low, high)}
    assert ((person < low).sum(), (person > high).sum()) == (beyond, beyond)


@pytest.mark.parametrize("first", [995, 1001, -1014, 100_001])
def test_rounding_never_brings_an_end_closer_to_the_outermost_people(first: int) -> None:
    """Twenty people with neighbouring large values: three digits are too coarse, and five still lie beyond each end."""
    value = np.arange(first, first + 20)
    found = ranges(
        pd.DataFrame({"register.age": value * 1.0}), (Feature("register.age", "register_basic"),), np.arange(20)
    )

    for low, high in found.values():
        assert (value < low).sum() >= 5
        assert (value > high).sum() >= 5
        assert low <= high


def test_ten_people_have_no_published_range() -> None:
    """Five beyond each end would leave nobody within."""
    client = np.arange(10)
    used = (Feature("register.age", "register_basic"),)

    assert ranges(pd.DataFrame({"register.age": client * 1.0}), used, client) == {}


def test_invented_rows_lie_between_the_usual_values() -> None:
    """Of 0 to 100 they are 5 to 95, whole on a scale, and the same each time; a column of gaps gets 0 to 1."""
    used = (Feature("register.age", "register_basic"), Feature("client.cl01", "client", kind="ordinal"))
    used = (*used, Feature("register.children", "register_basic"))
    steps = np.arange(101.0)
    matrix = pd.DataFrame({"register.age": steps, "client.cl01": steps, "register.children": np.nan})

    rows = invented_rows(matrix, used, seed=1)

    assert rows.shape == (20, 3)
    assert np.nanmin(rows[:, :2]) >= 5
    assert np.nanmax(rows[:, :2]) <= 95
    assert np.nanmax(rows[:, 2]) <= 1
    assert (rows[:, 1] == rows[:, 1].round())[~np.isnan(rows[:, 1])].all()
    assert np.array_equal(rows, invented_rows(matrix, used, seed=1), equal_nan=True)


def test_measures_of_the_saved_model_are_named_by_their_place_on_a_scale() -> None:
    """Of two measures one has a place and a gap for its interval; contenders are not told."""
    rows = [(SAVED, "auc", None, 0.8123456789, 0.7, 0.9, 50), (SAVED, "lift", "10%", 2.0, None, None, 50)]
    rows += [("a", "auc", None, 0.6, 0.5, 0.7, 50)]
    columns = ["contender", "measure", "at", "estimate", "low", "high", "replicates"]
    table = as_result("measures", pd.DataFrame(rows, columns=columns))

    assert measured(table) == {
        "auc": Measured(estimate=0.812346, low=0.7, high=0.9),
        "lift@10%": Measured(estimate=2.0),
    }


def test_held_out_forecasts_come_in_an_order_of_their_own() -> None:
    """Row k has log-odds k/1000 and a bit, then less k/1000: the same order both times, and not that of the rows."""
    outcome = np.tile([0, 0, 1], 4)
    design = make_design(pd.DataFrame({"client_id": [f"c{k}" for k in range(12)]}), pd.DataFrame(), outcome)
    only = Contender("all | logistic", "all", "logistic", ())

    def kept(log_odds: np.ndarray) -> pd.DataFrame:
        held = OutOfFold((only,), design, log_odds[:, None], ())
        return held_out(Comparison(held, held, only, "", {}))

    one, two = (kept(sign * np.arange(12) / 1000 + 0.0004) for sign in (1, -1))
    order = (one["log_odds"] * 1000).round().astype(int).tolist()
    assert sorted(order) == list(range(12)) != order
    assert one["log_odds"].tolist() == [k / 1000 for k in order]
    assert two["log_odds"].tolist() == [-k / 1000 for k in order]
    assert one["outcome"].tolist() == outcome[order].tolist()
    assert one["client"].tolist() == list(range(12))


def test_verdicts_on_groups_travel_by_column_group_and_measure() -> None:
    """Two gaps; none where nobody looked."""
    rows = [("sex", "female", "auc", "gap shown"), ("job_centre", "a: b", "net_benefit", "not assessable")]
    table = pd.DataFrame(rows, columns=["column", "group", "measure", "verdict"])

    assert verdicts(table) == {"sex = female: auc": "gap shown", "job_centre = a: b: net_benefit": "not assessable"}
    assert verdicts(None) == {}
