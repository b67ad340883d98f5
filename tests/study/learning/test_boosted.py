"""Boosted trees with categories."""

import numpy as np
import pytest

from eriq.study.learning.boosted import BoostedTrees

PLAIN = {"n_estimators": 30, "max_depth": 2, "num_leaves": 4, "verbose": -1, "deterministic": True}


def world(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return a column of six names, of which two raise the outcome, and a number."""
    rng = np.random.default_rng(seed)
    matrix = np.column_stack([rng.integers(0, 6, 900).astype(float), rng.normal(size=900)])
    outcome = (2.0 * np.isin(matrix[:, 0], [1, 4]) + matrix[:, 1] - 1 + rng.logistic(size=900) > 0).astype(int)
    matrix[rng.random(900) < 0.1, 0] = np.nan
    return matrix, outcome


def test_names_are_split_in_no_order():
    """A column of names is split by sets of levels, and one that is no name by thresholds."""
    matrix, outcome = world()
    kinds = [
        {node["decision_type"] for node in _splits(BoostedTrees(PLAIN, places).fit(matrix, outcome), 0)}
        for places in ((), (0,))
    ]
    assert kinds == [{"<="}, {"=="}]


def _splits(trees: BoostedTrees, feature: int):
    def walk(node):
        if "left_child" in node:
            yield node
            yield from walk(node["left_child"])
            yield from walk(node["right_child"])

    for tree in trees.booster_.dump_model()["tree_info"]:
        yield from (node for node in walk(tree["tree_structure"]) if node["split_feature"] == feature)


@pytest.mark.parametrize("places", [(), (0,)])
def test_weights_of_0_leave_rows_out(places):
    """Rows with weight 0 teach nothing: turning their outcomes round changes no forecast."""
    matrix, outcome = world()
    weight = (np.arange(900) < 600).astype(float)
    turned = np.where(weight == 0, 1 - outcome, outcome)
    one, two = (BoostedTrees(PLAIN, places).fit(matrix, y, weight).predict_proba(matrix) for y in (outcome, turned))
    assert np.abs(one[:, 1] - two[:, 1]).max() < 1e-6
    assert one.sum(axis=1) == pytest.approx(1)
