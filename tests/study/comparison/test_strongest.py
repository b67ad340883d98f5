"""Without its strongest item: a late item carries the gain alone, many weak ones do not."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from eriq.config import Experiment
from eriq.features import Feature
from eriq.instrument.texts import Texts
from eriq.study.comparison.out_of_fold import OutOfFold
from eriq.study.comparison.strongest import WithoutStrongest, mean_contributions, without_strongest
from eriq.study.design.contender import Contender
from eriq.study.design.design import Design, make_design
from eriq.study.design.folds import grouped_kfold
from eriq.study.learning.training import Learning, run_all

REGISTER = tuple(Feature(f"register.r{k}", "register_basic") for k in range(2))
ITEMS = tuple(
    Feature(f"client.q{k}", "client", "ordinal", item=f"q{k}", labels=Texts.same(f"Question {k}")) for k in range(4)
)
FEATURES = (*REGISTER, *ITEMS)
BLOCK = "client + register_full"


def people(weights: tuple[float, ...], n: int = 800) -> Design:
    """Return people whose outcome depends on a register column and, by `weights`, on four items."""
    rng = np.random.default_rng(4)
    matrix = rng.normal(size=(n, len(FEATURES)))
    log_odds = matrix[:, 0] + matrix[:, 2:] @ np.array(weights)
    outcome = (rng.random(n) < 1 / (1 + np.exp(-log_odds))).astype(int)
    rows = pd.DataFrame({"client_id": [f"c{k}" for k in range(n)]})
    return make_design(rows, pd.DataFrame(matrix, columns=[f.name for f in FEATURES]), outcome)


def asked(estimator: str = "logistic") -> Experiment:
    """Return an experiment that declares the client's answers beside the register."""
    return Experiment.model_validate(
        {
            "version": 1,
            "name": "strongest",
            "question": "?",
            "source": {
                "kind": "flat",
                "file": Path("none.csv"),
                "client": "id",
                "outcome": "y",
                "columns": {"r0": {"role": "register"}},
            },
            "contenders": [{"blocks": [BLOCK], "estimators": [estimator]}],
            "headline": {"with": BLOCK, "without": "register_full", "estimator": estimator},
            "intervals": {"replicates": 200},
        }
    )


def compared(design: Design, features: tuple[Feature, ...] = FEATURES, estimator: str = "logistic") -> OutOfFold:
    """Return the forecasts of the declared pair on three folds."""
    names = tuple(f.name for f in features)
    pair = (
        Contender(f"{BLOCK} | {estimator}", BLOCK, estimator, names),  # type: ignore[arg-type]
        Contender(f"register_full | {estimator}", "register_full", estimator, names[:2]),  # type: ignore[arg-type]
    )
    folds = tuple(grouped_kfold(design, 3, 1, seed=1))
    learning = Learning(features, 1, asked().tuning)
    return OutOfFold(pair, design, run_all(pair, design, folds, learning), folds)


def left_out(weights: tuple[float, ...], features: tuple[Feature, ...] = FEATURES) -> WithoutStrongest:
    """Return the declared difference without the strongest item."""
    design = people(weights)
    renamed = replace(design, matrix=design.matrix.set_axis([f.name for f in features], axis="columns"))
    found = without_strongest(compared(renamed, features), asked(), features)
    assert found is not None
    return found


def test_a_gain_that_one_item_carries_is_gone_without_it() -> None:
    """Of four items only the third tells anything: without it nothing is left, and its date is asked about."""
    found = left_out((0.0, 0.0, 2.0, 0.0))

    assert ("client.q2",) == found.columns
    assert found.whole > 0.1
    assert abs(found.estimate) < 0.02
    assert found.low < 0 < found.high
    assert '"Question 2", the gain in AUC over all test rows together is ' in found.sentence  # not within folds
    assert (
        "other answers stand in for what it tells. Make sure that it was written down on the answer date"
        in found.sentence
    )


def test_a_gain_that_many_items_carry_stays() -> None:
    """Four items tell the same: without the strongest most of the gain is there, and no date is asked about."""
    found = left_out((0.8, 0.8, 0.8, 0.8))

    assert found.estimate > 0.6 * found.whole > 0
    assert found.low > 0
    assert "Make sure" not in found.sentence


def test_a_column_that_both_have_is_not_the_strongest() -> None:
    """The register column outweighs every item, and stays: both contenders have it."""
    assert left_out((0.1, 0.6, 0.1, 0.1)).columns == ("client.q1",)


def test_the_belief_goes_with_whether_it_was_given() -> None:
    """Belief and "belief not given" are one item; without it the two remaining columns are compared."""
    belief = (Feature("belief.b", "belief"), Feature("belief.unanswered", "belief"))
    found = left_out((1.0, 0.4, 0.3, 0.3), (*REGISTER, *belief, *ITEMS[2:]))

    assert ("belief.b", "belief.unanswered") == found.columns


def test_a_sensitive_item_is_not_named() -> None:
    """A diagnosis that carries the gain is called by the one name that health and justice share."""
    hidden = tuple(replace(f, sensitive=True) for f in ITEMS)

    assert "specially protected" in left_out((0.0, 2.0, 0.0, 0.0), (*REGISTER, *hidden)).sentence


def test_one_item_alone_has_no_such_line() -> None:
    """Where the contender with has one item of its own there is nothing to compare."""
    design = people((1.0, 0.0, 0.0, 0.0))
    features = FEATURES[:3]
    few = replace(design, matrix=design.matrix.iloc[:, :3])

    assert without_strongest(compared(few, features), asked(), features) is None


@pytest.mark.parametrize("estimator", ["lightgbm", "random_forest"])
def test_other_estimators_find_the_same_item(estimator: str) -> None:
    """Trees are opened by their contributions; a forest that cannot be opened is stood in for."""
    design = people((0.0, 0.0, 2.0, 0.0), n=300)
    contender = Contender("x", BLOCK, estimator, tuple(f.name for f in FEATURES))  # type: ignore[arg-type]
    strength = mean_contributions(contender, design, FEATURES, seed=1)

    assert "client.q2" == max(strength, key=lambda name: strength[name])
    assert 6 == len(strength)


def test_without_a_gain_no_share_of_it_is_given() -> None:
    """Of a difference below 0 nothing can rest on an item."""
    found = WithoutStrongest(("client.q1",), "Question 1", -0.01, -0.02, -0.03, 0.01)

    assert found.sentence.endswith("(-0.030 to +0.010) instead of -0.010.")
