"""Other estimators and interactions."""

import numpy as np
import pandas as pd

from eriq.features import Feature
from eriq.study.design.contender import Contender
from eriq.study.design.design import make_design
from eriq.study.explanation.agreement import interactions
from eriq.study.explanation.explain import explain
from eriq.study.learning.final import as_model
from eriq.study.learning.training import fit
from tests.study.explanation.conftest import PLAIN, explained_of


def test_other_estimators_are_compared_by_rank(tables):
    """Agreement is a rank correlation with each of the other exact estimators, never with itself."""
    table = tables["agreement"]
    assert (table["estimator"] != table["other"]).all()
    assert table["rank_correlation"].between(-1, 1).all()


def test_pairs_are_ranked_and_labelled(tables):
    """Interactions fall in strength, name two different columns, and say whether the belief takes part."""
    table = tables["pairs"]
    strength = table.select_dtypes("number").iloc[:, 0]
    assert strength.is_monotonic_decreasing
    assert (table["first"] != table["second"]).all()
    assert table["first_label"].notna().all()
    belief = table["first"].str.startswith("belief.") | table["second"].str.startswith("belief.")
    assert (table["with_belief"] == belief).all()


def test_a_model_without_interactions_has_no_pairs():
    """Where trees never split twice on a path the table is empty, and that is no error."""
    rng = np.random.default_rng(1)
    matrix = pd.DataFrame(rng.integers(0, 2, (60, 2)).astype(float), columns=["belief.b", "client.q"])
    features = (Feature("belief.b", "belief", "flag"), Feature("client.q", "client", "flag"))
    outcome = (rng.random(60) < 0.3 + 0.4 * matrix["belief.b"]).astype(int).to_numpy()
    design = make_design(pd.DataFrame({"client_id": [f"c{k}" for k in range(60)]}), matrix, outcome)
    contender = Contender("two", "some", "lightgbm_pairs", ("belief.b", "client.q"))
    model = as_model(fit(contender, design, features, seed=1), PLAIN)
    assert model.pairs is not None
    assert interactions(model, matrix.to_numpy(), features).empty


def test_settings_of_one_estimator_are_not_given_to_another(experiment, study, folds):
    """A search that settled on boosted trees leaves nothing that a ridge logistic could not take."""
    found = (("learning_rate", 0.02), ("num_leaves", 5))
    contender = Contender("two", "some", "lightgbm", ("belief.cw11", "client.cl01"), found)
    tables = explain(explained_of(contender, study, experiment, folds))
    assert tables["agreement"]["other"].tolist() == ["logistic", "lightgbm_pairs"]
