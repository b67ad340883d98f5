"""What went with a change of caseworker: the ratio that was put in, and nothing where few would be told of."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import eriq.study.comparison.handover as handover
from eriq.config import load_experiment
from eriq.study.comparison.handover import COLUMN, handover_table
from eriq.study.design.contender import Contender
from eriq.study.design.design import Design, make_design

QUICK = load_experiment("quick")
CHOSEN = Contender("q | logistic", "q", "logistic", ("client.q", COLUMN))


def people(n: int = 4000, ratio: float = 0.8) -> Design:
    """Return people of whom those with a low answer change caseworker more often, two rows each."""
    rng = np.random.default_rng(2)
    answer = rng.integers(0, 2, n)
    changed = (rng.random(n) < np.where(answer == 1, 0.2, 0.6)).astype("float64")
    outcome = rng.random(n) < np.where(answer == 1, 0.5, 0.2) * np.where(changed == 1, ratio, 1)
    rows = pd.DataFrame(
        {
            "client_id": [f"c{k // 2}" for k in range(n)],
            "answered_on": pd.Timestamp("2015-01-01"),
            "caseworker_id": "w",
            "job_centre": "j",
        }
    )
    matrix = pd.DataFrame({"client.q": answer.astype("float64"), COLUMN: changed})
    return make_design(rows, matrix, outcome.astype("int64"))


def test_the_ratio_put_in_is_found_given_the_answers() -> None:
    """A ratio of 0.8 lies in the interval, and the raw ratio, of unlike people, does not; the words carry it."""
    design = people()
    found = handover_table(design, CHOSEN, QUICK)["handover"].iloc[0]
    changed = design.matrix[COLUMN] == 1
    raw = design.outcome[changed].mean() / design.outcome[~changed].mean()
    assert found["low"] < 0.8 < found["high"] < 1
    assert not found["low"] < raw < found["high"]
    assert f"{100 * (found['ratio'] - 1):+.0f} % of the outcome" in found["words"]
    assert "association" in found["words"]


def test_threads_change_no_digit() -> None:
    """The table is the same whatever the number of threads."""
    design = people(800)
    one, two = (handover_table(design, CHOSEN, QUICK, workers)["handover"] for workers in (1, 2))
    pd.testing.assert_frame_equal(one, two, check_exact=True)


def test_of_many_clients_the_interval_is_what_redrawing_tends_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """With weights and two rows a client, both ends are within a twentieth of the width of those of 2,000 draws."""
    design = people(8000)
    weighted = replace(design, weight=np.random.default_rng(3).uniform(0.5, 2, 8000))
    plan = QUICK.model_copy(update={"intervals": QUICK.intervals.model_copy(update={"replicates": 2000})})
    drawn = handover_table(weighted, CHOSEN, plan, 2)["handover"].iloc[0]
    monkeypatch.setattr(handover, "MANY_PEOPLE", 1000)
    linear = handover_table(weighted, CHOSEN, plan)["handover"].iloc[0]
    assert linear["ratio"] == drawn["ratio"]
    for end in ("low", "high"):
        assert abs(linear[end] - drawn[end]) < (drawn["high"] - drawn["low"]) / 20, end


def test_the_influence_of_a_client_is_the_slope_of_the_ratio() -> None:
    """Counting a client a trace more moves the logarithm of the ratio by that trace times its influence."""
    rng = np.random.default_rng(4)
    columns = np.column_stack([np.ones(60), rng.integers(0, 2, 60), rng.normal(size=(60, 2))])
    outcome, weight, client = rng.integers(0, 2, 60).astype(float), rng.uniform(1, 2, 60), np.arange(60) // 2
    beta = handover.fitted(columns, outcome, weight)
    each = handover.influence(columns, outcome, weight, client, beta)
    for k in (0, 7, 29):
        up, down = (
            np.log(handover.rate_ratio(columns, outcome, weight * (1 + t * (client == k)), beta)) for t in (1e-4, -1e-4)
        )
        assert each[k] == pytest.approx((up - down) / 2e-4, rel=1e-5)


def test_few_people_on_a_side_give_no_number() -> None:
    """Where fewer than twenty people changed and had the outcome there is no table."""
    design = people(200)
    assert handover_table(design, CHOSEN, QUICK) == {}


def test_without_earlier_questionnaires_there_is_no_table() -> None:
    """A study without the column says nothing."""
    design = people(200)
    assert handover_table(replace(design, matrix=design.matrix[["client.q"]]), CHOSEN, QUICK) == {}
