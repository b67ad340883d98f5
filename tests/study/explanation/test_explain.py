"""What forecasts are associated with: complete, by people the model did not see, and silent on health and justice."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import eriq.study.explanation.explain as explain_module
from eriq.config import Experiment, Tuning, load_experiment
from eriq.errors import LeakageError
from eriq.features import Feature
from eriq.features.matrix import to_matrix
from eriq.features.sensitive import SENSITIVE_LABEL, units
from eriq.model.calibrator import Calibrator
from eriq.model.explanation import shap_values
from eriq.study.design.contender import Contender
from eriq.study.design.design import Design, make_design
from eriq.study.design.folds import Fold, grouped_kfold
from eriq.study.design.prepare import Study, prepare
from eriq.study.evaluation.metrics import auc
from eriq.study.explanation.explain import explain, resampled, within_caseworker
from eriq.study.learning.final import as_model
from eriq.study.learning.training import fit, run_all

PLAIN = Calibrator(0.0, 1.0)


@pytest.fixture(scope="module")
def experiment() -> Experiment:
    """Return the quick config with 250 made-up people and few refits."""
    quick = load_experiment("quick")
    return quick.model_copy(
        update={
            "source": quick.source.model_copy(update={"clients": 250}),
            "explain": quick.explain.model_copy(update={"rows": 150, "refits": 3}),
            "intervals": quick.intervals.model_copy(update={"replicates": 50}),
        }
    )


@pytest.fixture(scope="module")
def study(experiment: Experiment) -> Study:
    """Return the people of the config."""
    return prepare(experiment)


@pytest.fixture(scope="module")
def folds(study: Study) -> list[Fold]:
    """Return three folds."""
    return grouped_kfold(study.design, 3, 1, 1)


@pytest.fixture(scope="module")
def everything(study: Study) -> tuple[str, ...]:
    """Return every column that is not protected."""
    return tuple(f.name for f in study.features if not f.protected and not f.name.startswith("changes."))


Tables = dict[str, pd.DataFrame]


@pytest.fixture(scope="module", params=["logistic", "lightgbm_pairs"])
def tables(request, experiment, study, folds, everything) -> Tables:
    """Return the explanation of a model of all columns."""
    contender = Contender("all", "questionnaire + register_full", request.param, everything)
    model = as_model(fit(contender, study.design, study.features, seed=1), Calibrator(-0.1, 0.9))
    return explain(model, contender, study.design, study.features, study.instrument, experiment, folds)


# --- silence -------------------------------------------------------------------------------


def test_sensitive_columns_are_one_unit(study, everything):
    """All health and justice columns share one unit; every other column is its own, and none is lost."""
    used = [f for f in study.features if f.name in everything]
    names, member = units(used)
    hidden = [f.sensitive for f in used]
    assert sum(hidden) == 11
    assert len(names) == len(used) - sum(hidden) + 1
    assert (member.sum(axis=1) == 1).all()
    assert member[:, names.index("register.sensitive")].tolist() == [float(h) for h in hidden]
    assert [n for n in names if n != "register.sensitive"] == [f.name for f in used if not f.sensitive]


def test_contributions_of_a_unit_are_the_sum_of_its_columns():
    """Two hidden columns with 1 and 2 and a plain one with 4 give 4 and 3, whatever their order."""
    a, b = Feature("register.x_1y", "register_history", sensitive=True), Feature("register.age", "register_basic")
    names, member = units([a, b, replace(a, name="register.y")])
    assert names == ["register.sensitive", "register.age"]
    assert (np.array([1.0, 4.0, 2.0]) @ member).tolist() == [3.0, 4.0]


def test_no_table_names_a_sensitive_column(tables, study):
    """Not one cell or column of any table holds the name of a health or justice column, or what it counts."""
    words = [f.name for f in study.features if f.sensitive]
    words += ["psychiatric", "musculoskeletal", "conviction", "disability_code", "gp_contact"]
    for name, table in tables.items():
        text = " ".join(table.columns) + table.to_csv()
        assert not [word for word in words if word in text], name
    labels = tables["importance"].set_index("name")["label"]
    assert labels["register.sensitive"] == SENSITIVE_LABEL.en


def test_no_table_names_a_protected_column_or_a_client(tables, study):
    """Sex, origin and ids are in no table."""
    ids = set(study.design.rows["client_id"])
    for name, table in tables.items():
        text = table.to_csv()
        assert "register.sex" not in text, name
        assert "register.origin" not in text, name
        assert not ids & {str(v) for column in table.columns for v in table[column]}, name


# --- importance ----------------------------------------------------------------------------


def test_importance_has_every_unit_once_with_its_interval(tables, study, everything):
    """Shares add to 1 at each level, ranks are 1, 2, ..., the ends of an interval are in order."""
    table = tables["importance"]
    names, _ = units([f for f in study.features if f.name in everything])
    assert sorted(table[table["level"] == "item"]["name"]) == sorted(names)
    for level, part in table.groupby("level"):
        assert part["share"].sum() == pytest.approx(1), level
        assert part["rank"].tolist() == list(range(1, len(part) + 1))
        assert part["value"].is_monotonic_decreasing
        assert (part["low"] <= part["high"]).all()
        assert (part["rank_low"] <= part["rank_high"]).all()
    assert set(table[table["level"] == "respondent"]["name"]) == {"caseworker", "client", "register"}
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
    model = as_model(fit(contender, study.design, study.features, seed=1), PLAIN)
    plan = experiment.model_copy(update={"explain": experiment.explain.model_copy(update={"rows": 10**6, "refits": 0})})
    table = explain(model, contender, study.design, study.features, None, plan, folds)["importance"]
    values = shap_values(model, to_matrix(study.design.matrix, columns).to_numpy())[:, :-1]
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
        model = as_model(fit(contender, study.design, study.features, seed=1), PLAIN)
        table = explain(model, contender, study.design, study.features, None, experiment, folds)["importance"]
        found.append(table[table["level"] == "item"].set_index("name")["value"].sort_index())
    assert found[0].to_numpy() == pytest.approx(found[1].to_numpy(), abs=1e-3)
    assert found[0].index.tolist() == found[1].index.tolist()


def permuted(design: Design, folds: list[Fold], strength: float) -> list[tuple[float, float, float]]:
    """Return the falls in AUC of two columns, of which the first tells the outcome."""
    features = (Feature("register.a", "register_history"), Feature("register.b", "register_history"))
    contender = Contender("two", "some", "logistic", ("register.a", "register.b"))
    return explain_module._permutation(contender, design, folds, features, np.eye(2), seed=1)


@pytest.fixture(scope="module")
def telling() -> Design:
    """Return 300 people of whom one column tells the outcome and the other nothing."""
    rng = np.random.default_rng(5)
    matrix = pd.DataFrame(rng.normal(size=(300, 2)), columns=["register.a", "register.b"])
    outcome = (2 * matrix["register.a"] + rng.logistic(size=300) > 0).astype(int).to_numpy()
    return make_design(pd.DataFrame({"client_id": [f"c{k}" for k in range(300)]}), matrix, outcome)


def test_shuffling_what_tells_costs_the_whole_discrimination(telling):
    """Without the one column that tells, the AUC falls to about a half; without the other one hardly at all."""
    folds = grouped_kfold(telling, 3, 1, 1)
    whole = auc(telling.outcome, telling.matrix["register.a"].to_numpy())
    falls = permuted(telling, folds, 2.0)
    assert falls[0][0] == pytest.approx(whole - 0.5, abs=0.1)
    assert abs(falls[1][0]) < 0.02


def test_a_client_on_both_sides_stops_the_permutation(telling):
    """Importance on people the model has seen would flatter it, so a torn client is refused."""
    fold = grouped_kfold(telling, 3, 1, 1)[0]
    torn = Fold("fold 1", 0, np.append(fold.train, fold.test[:2]), fold.test)
    with pytest.raises(LeakageError, match=r"permutation importance: 2 client\(s\)"):
        permuted(telling, [torn], 2.0)


# --- refits --------------------------------------------------------------------------------


def test_people_are_drawn_whole_and_each_draw_is_a_person(telling):
    """A resample has as many people as before; all rows of one draw carry one code and stem from one client."""
    waves = telling.take(np.repeat(np.arange(300), 2))
    again = resampled(waves, np.random.default_rng(3))
    assert len(np.unique(again.client)) == 300
    assert len(again.outcome) == 600
    by_draw = again.rows.groupby(again.client)["client_id"]
    assert (by_draw.min() == by_draw.max()).all()
    assert (by_draw.size() == 2).all()
    assert again.rows["client_id"].nunique() == pytest.approx(300 * (1 - np.exp(-1)), abs=25)


# --- dependence, agreement, pairs, belief --------------------------------------------------


def test_dependence_counts_people_and_rises_with_the_answer(tables, study, experiment):
    """Per item the levels are in order with their words, n is a number of people, and oriented trees never fall."""
    table = tables["dependence"]
    assert set(table.columns) == {"item", "label", "level", "answer", "n", "contribution", "low", "high"}
    assert set(table["item"]) <= {f.name for f in study.features if f.item}
    assert table["item"].nunique() == 22
    assert table["n"].between(1, experiment.explain.rows).all()
    assert (table["low"] <= table["high"]).all()  # the range over refits
    belief = table[table["item"] == "belief.cw11"]
    assert belief["level"].is_monotonic_increasing
    assert belief["contribution"].iloc[-1] > belief["contribution"].iloc[0]


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
        log_odds = run_all([contender], some, folds, (feature,), seed=1, tuning=Tuning())[:, 0]
        areas.append(auc(outcome, np.round(log_odds, 9)))
    assert areas[0] > 0.7
    assert areas[1] < 0.55


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
    assert explain_module._interactions(model, matrix.to_numpy(), features).empty


def test_progress_is_told(experiment, study, folds):
    """Refits, other estimators and the belief are announced, so that a long wait has a reason."""
    said: list[tuple[str, str]] = []
    say: Callable[[str, str], None] = lambda what, which: said.append((what, which))  # noqa: E731
    columns = ("belief.cw11", "client.cl01")
    contender = Contender("two", "some", "logistic", columns)
    model = as_model(fit(contender, study.design, study.features, seed=1), PLAIN)
    explain(model, contender, study.design, study.features, study.instrument, experiment, folds, say)
    assert [what for what, _ in said].count("refits for intervals") == 3
    assert {what for what, _ in said} == {"refits for intervals", "agreement", "belief"}


def test_one_column_is_explained_without_others(experiment, study, folds):
    """A model of one column has importance and dependence, and no pairs or agreement to speak of."""
    contender = Contender("one", "belief", "level_rates", ("belief.cw11",))
    model = as_model(fit(contender, study.design, study.features, seed=1), PLAIN)
    found = explain(model, contender, study.design, study.features, None, experiment, folds)
    assert set(found) == {"importance", "dependence"}
    assert found["importance"]["share"].tolist() == [1.0, 1.0, 1.0]
