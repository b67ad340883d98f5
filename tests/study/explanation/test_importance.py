"""Importance: ranks, intervals and permutation."""

from dataclasses import replace

import numpy as np
import pytest

from eriq.config import Tuning
from eriq.config.streams import stream
from eriq.errors import LeakageError
from eriq.features import Feature
from eriq.features.matrix import to_matrix
from eriq.features.sensitive import units
from eriq.model.explanation import shap_values
from eriq.study.design.contender import Contender
from eriq.study.design.design import Design
from eriq.study.design.folds import Fold, grouped_kfold
from eriq.study.evaluation.metrics import auc
from eriq.study.explanation import importance as module
from eriq.study.explanation.explain import explain
from eriq.study.explanation.importance import begin_permutation, permutation
from eriq.study.learning.training import Learning, fit, margin
from tests.study.explanation.conftest import explained_of


def test_importance_has_every_unit_once_with_its_interval(tables, study, everything):
    """Shares add to 1 at each level, ranks are 1, 2, ..., the ends of an interval are in order."""
    table = tables["importance"]
    names, _ = units([f for f in study.features if f.name in everything])
    assert sorted(table[table["level"] == "item"]["name"]) == sorted(names)
    for level, part in table.groupby("level"):
        assert part["share"].sum() == pytest.approx(1), level
        assert part["rank"].tolist() == list(range(1, len(part) + 1))
        assert part["value"].is_monotonic_decreasing
        assert (part["low"] <= part["value"]).all()
        assert (part["value"] <= part["high"]).all()
        assert (part["low"] >= 0).all()
        assert (part["rank_low"] <= part["rank"]).all()
        assert (part["rank"] <= part["rank_high"]).all()
    assert set(table[table["level"] == "respondent"]["name"]) == {"caseworker", "client", "register", "setting"}
    assert (table["refits"] == 3).all()


def test_permutation_spans_its_mean(tables):
    """The fall in AUC lies between its lowest and highest fold, for items only."""
    table = tables["importance"]
    items = table[table["level"] == "item"]
    assert (items["permutation_low"] <= items["permutation"] + 1e-12).all()
    assert (items["permutation"] <= items["permutation_high"] + 1e-12).all()
    assert table.loc[table["level"] != "item", "permutation"].isna().all()


def test_importance_is_the_mean_absolute_shap_value(experiment, study, folds):
    """With all rows explained, an item's value is the mean of |SHAP|, and a block's that of the summed SHAP."""
    columns = ("belief.cw11", "client.cl01", "client.cl02")
    contender = Contender("three", "some", "logistic", columns)
    plan = experiment.model_copy(update={"explain": experiment.explain.model_copy(update={"rows": 10**6, "refits": 0})})
    explained = explained_of(contender, study, plan, folds)
    table = explain(explained)["importance"]
    values = shap_values(explained.model, to_matrix(study.design.matrix, columns).to_numpy())[:, :-1]
    found = table.set_index(["level", "name"])["value"]
    for place, name in enumerate(columns):
        assert found["item", name] == pytest.approx(np.abs(values[:, place]).mean())
    assert found["respondent", "client"] == pytest.approx(np.abs(values[:, 1] + values[:, 2]).mean())
    assert table["low"].isna().all()


def test_the_order_of_columns_does_not_mix_up_names(experiment, study, folds):
    """A contender whose columns come in another order than the features gets the same importances by name."""
    found = []
    for columns in (("belief.cw11", "client.cl01", "register.age"), ("register.age", "client.cl01", "belief.cw11")):
        contender = Contender("three", "some", "logistic", columns)
        table = explain(explained_of(contender, study, experiment, folds))["importance"]
        found.append(table[table["level"] == "item"].set_index("name")["value"].sort_index())
    assert found[0].to_numpy() == pytest.approx(found[1].to_numpy(), abs=1e-3)
    assert found[0].index.tolist() == found[1].index.tolist()


def permuted_of(contender, design, folds, features, member) -> list[tuple[float, float, float]]:
    """Return the falls in AUC of each unit of columns."""
    begun = begin_permutation(contender, design, folds, Learning(features, 1, Tuning()))
    return permutation(begun, design, member, seed=1)


def permuted(design: Design, folds: list[Fold]) -> list[tuple[float, float, float]]:
    """Return the falls in AUC of two columns, of which the first tells the outcome."""
    features = (Feature("register.a", "register_history"), Feature("register.b", "register_history"))
    contender = Contender("two", "some", "logistic", ("register.a", "register.b"))
    return permuted_of(contender, design, folds, features, np.eye(2))


def test_shuffling_what_tells_costs_the_whole_discrimination(telling):
    """Without the one column that tells, the AUC falls to about a half; without the other one hardly at all."""
    folds = grouped_kfold(telling, 3, 1, 1)
    whole = auc(telling.outcome, telling.matrix["register.a"].to_numpy())
    falls = permuted(telling, folds)
    assert falls[0][0] == pytest.approx(whole - 0.5, abs=0.1)
    assert abs(falls[1][0]) < 0.02


def test_of_many_rows_some_are_forecast_again(telling, monkeypatch):
    """Half of a fold tells the same fall within its luck, and is another half than the first."""
    folds = grouped_kfold(telling, 3, 1, 1)
    every = permuted(telling, folds)
    half = len(folds[0].test) // 2
    monkeypatch.setattr(module, "PERMUTED_ROWS", half)
    few = permuted(telling, folds)
    assert few != every
    assert few[0][0] == pytest.approx(every[0][0], abs=0.15)
    some = module._some(folds[0], seed=1)
    assert len(some) == half
    assert set(some) < set(folds[0].test)
    assert some.tolist() != folds[0].test[:half].tolist()


@pytest.mark.parametrize("estimator", ["logistic", "level_rates"])
def test_shuffling_made_columns_is_shuffling_answers(study, folds, everything, estimator) -> None:
    """Falls in AUC are those of whole forecasts for rows in which the unit's answers are shuffled."""
    columns = everything if estimator == "logistic" else everything[:1]
    contender = Contender("all", "some", estimator, columns, (("C", 0.01),) if estimator == "logistic" else ())
    _, member = units([f for f in study.features if f.name in columns])
    found = permuted_of(contender, study.design, folds[:1], study.features, member)

    rng, test = stream(1, "permutation"), study.design.take(folds[0].test).judged()
    fitted = fit(contender, study.design.take(folds[0].train), study.features, seed=1)
    matrix = to_matrix(test.matrix, columns)
    for unit, (fall, _, _) in zip(member.T, found, strict=True):
        moved = [name for name, inside in zip(columns, unit, strict=True) if inside]
        shuffled = matrix.copy()
        shuffled[moved] = matrix[moved].to_numpy()[rng.permutation(len(matrix))]
        before, after = (margin(fitted, replace(test, matrix=m)) for m in (matrix, shuffled))
        assert fall == pytest.approx(auc(test.outcome, before) - auc(test.outcome, after), abs=1e-12)


def test_a_client_on_both_sides_stops_the_permutation(telling):
    """Importance on people the model has seen would flatter it, so a torn client is refused."""
    fold = grouped_kfold(telling, 3, 1, 1)[0]
    torn = Fold("fold 1", 0, np.append(fold.train, fold.test[:2]), fold.test)
    with pytest.raises(LeakageError, match=r"permutation importance: 2 client\(s\)"):
        permuted(telling, [torn])


def test_an_indicator_holds_both_voices(tables, study) -> None:
    """An indicator moves forecasts as its two items do together, and every item of the questionnaire is in one."""
    table = tables["importance"]
    indicators = table[(table["level"] == "indicator") & ~table["name"].str.startswith("no item: ")]
    assert set(indicators["name"]) == {texts.en for texts in study.instrument.indicators.values()}
    items = table[table["level"] == "item"].set_index("name")["value"]
    search = indicators.set_index("name")["value"]["job search"]
    both = items["caseworker.cw01"] + items["client.cl01"]
    assert abs(items["caseworker.cw01"] - items["client.cl01"]) - 1e-9 <= search <= both + 1e-9
