"""What the caseworker's belief adds."""

import numpy as np
import pandas as pd

from eriq.config import Tuning
from eriq.features import Feature
from eriq.study.design.contender import Contender
from eriq.study.design.design import make_design
from eriq.study.design.folds import grouped_kfold
from eriq.study.evaluation.metrics import auc
from eriq.study.explanation.belief import within_caseworker
from eriq.study.learning.training import Learning, run_all


def test_the_belief_is_measured_with_and_without_and_alone(tables):
    """Six AUCs on the same folds with their intervals, and the belief's share of a forecast between 0 and 1."""
    table = tables["belief"].set_index("question")
    assert len(table) == 7
    areas = table[table["words"] == "AUC"]
    assert len(areas) == 6
    assert (areas["low"] <= areas["value"]).all()
    assert (areas["value"] <= areas["high"]).all()
    share = table.loc["share of a prediction that is belief"]
    assert 0 < share["low"] <= share["value"] <= share["high"] < 1


def test_a_caseworkers_mean_is_taken_off_by_hand():
    """Answers 1, 3 and 5 of two raters become -1, 1 and 0; the outcome plays no part."""
    rows = pd.DataFrame({"client_id": ["a", "b", "c"], "caseworker_id": pd.array(["w1", "w1", "w2"], dtype="str")})
    design = make_design(
        rows, pd.DataFrame({"belief.b": [1.0, 3.0, 5.0], "client.q": [1.0, 1.0, 1.0]}), np.array([0, 1, 1])
    )
    found = within_caseworker(design, "belief.b")
    assert found.matrix["belief.b"].tolist() == [-1.0, 1.0, 0.0]
    assert found.matrix["client.q"].tolist() == [1.0, 1.0, 1.0]
    assert design.matrix["belief.b"].tolist() == [1.0, 3.0, 5.0]


def test_an_optimist_tells_nothing_within_caseworkers():
    """If a belief differs only between raters who differ in their clients' luck, nothing is left of its AUC."""
    rng = np.random.default_rng(2)
    rater = np.repeat(np.arange(20), 15)
    outcome = (rng.random(300) < np.where(rater % 2, 0.7, 0.2)).astype(int)
    rows = pd.DataFrame(
        {"client_id": [f"c{k}" for k in range(300)], "caseworker_id": pd.Series(rater.astype(str), dtype="str")}
    )
    design = make_design(rows, pd.DataFrame({"belief.b": (rater % 2).astype(float)}), outcome)
    feature = Feature("belief.b", "belief", "ordinal", monotone=1, item="b")
    contender = Contender("belief", "belief", "logistic", ("belief.b",))
    areas = []
    for some in (design, within_caseworker(design, "belief.b")):
        folds = grouped_kfold(some, 3, 1, 1)
        log_odds = run_all([contender], some, folds, Learning((feature,), 1, Tuning()))[:, 0]
        areas.append(auc(outcome, np.round(log_odds, 9)))
    assert areas[0] > 0.7
    assert areas[1] < 0.55
