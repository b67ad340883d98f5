"""Fits over folds: the same for everyone, whatever the number of processes, and never across people."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest

import eriq.study.learning.training as training
from eriq.config import Tuning
from eriq.disclosure import Release
from eriq.errors import LeakageError
from eriq.features import Feature
from eriq.study.design.contender import Contender
from eriq.study.design.design import make_design
from eriq.study.design.folds import Fold, grouped_kfold
from eriq.study.learning.estimators import ESTIMATORS
from eriq.study.learning.progress import Progress
from eriq.study.learning.queue import Queue
from eriq.study.learning.training import (
    Fitted,
    Learning,
    begin,
    fit,
    margin,
    margin_loss,
    n_parameters,
    pooled,
    run_all,
)
from tests.study.learning.conftest import FEATURES, ONE, contender


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[dict[str, Any]]]:
    """Note the settings of every estimator that is made from a recipe."""

    def watch(name: str) -> list[dict[str, Any]]:
        recipe, seen = ESTIMATORS[name], []  # type: ignore[index]

        def make(features: Any, seed: int, **settings: Any) -> Any:
            seen.append(settings)
            # Small ensembles: what is counted here does not depend on their size.
            small = {"lightgbm": {"n_estimators": 3}, "lightgbm_pairs": {"n_estimators": 3}}.get(name, {})
            small |= {"random_forest": {"n_estimators": 3}, "ebm": {"max_rounds": 5, "outer_bags": 1}}.get(name, {})
            return recipe.make(features, seed, **(settings | small))

        monkeypatch.setitem(ESTIMATORS, name, replace(recipe, make=make, settle=None))  # type: ignore[arg-type]
        return seen

    return watch


# --- the same numbers ----------------------------------------------------------------------


def test_fits_on_a_queue_are_those_made_here_to_the_last_bit(design, folds):
    """Log-odds of five kinds of estimators, tuned, by two processes; beside numbers only the answer date is written."""
    kinds = ("prevalence", "level_rates", "logistic", "elastic_net", "lightgbm")
    several = [contender(name) for name in kinds]
    repeated = folds + grouped_kfold(design, 3, 2, seed=1)[3:]
    dated = replace(design, rows=design.rows.assign(answered_on=pd.Timestamp("2020-01-01"), caseworker_id="w"))
    learning = Learning(FEATURES, 5, Tuning(candidates=2, folds=2))
    here = run_all(several, dated, repeated, learning)
    with Queue(Release(), 2) as two:
        there = run_all(several, dated, repeated, learning, queue=two)
        written = joblib.load(two.share(dated).file)  # as it was given to the fits
    assert np.isfinite(here).all()
    assert np.array_equal(here[:, [2]], run_all(several[2:3], dated, repeated, learning))
    assert here.tobytes() == there.tobytes()
    assert list(written.rows) == ["answered_on"]


def test_another_seed_gives_other_numbers(design, folds):
    """The seed reaches the estimators: a forest grown with another one differs, with the same one it does not."""
    one, again, other = (
        run_all([contender("random_forest")], design, folds[:1], Learning(FEATURES, seed, ONE)) for seed in (1, 1, 2)
    )
    assert np.array_equal(one, again, equal_nan=True)
    assert np.nanmax(np.abs(one - other)) > 1e-6


def test_the_order_of_columns_does_not_move_constraints(design):
    """A contender whose columns come in another order than the features gets the same forecasts."""
    rng = np.random.default_rng(0)
    n = 400
    matrix = pd.DataFrame({"client.q0": rng.integers(0, 5, n).astype(float), "register.r0": rng.normal(size=n)})
    # The register column lowers the chance: a constraint that slipped onto it would forbid just that.
    outcome = (matrix["client.q0"] - 2 - 2 * matrix["register.r0"] + rng.logistic(size=n) > 0).astype(int).to_numpy()
    made = make_design(pd.DataFrame({"client_id": [f"c{k}" for k in range(n)]}), matrix, outcome)
    forecasts = [
        margin(fit(contender("lightgbm", order), made, FEATURES, seed=1), made)
        for order in (("client.q0", "register.r0"), ("register.r0", "client.q0"))
    ]
    falls = -np.corrcoef(forecasts[1], matrix["register.r0"])[0, 1]
    assert falls > 0.5
    assert np.corrcoef(*forecasts)[0, 1] > 0.99


# --- tuning --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name, recipe in ESTIMATORS.items() if recipe.space])
def test_every_contender_gets_the_same_number_of_candidates(design, counted, name):
    """With 7 candidates and 3 folds each estimator is fitted 7 x 3 times, and once more with what won."""
    seen = counted(name)
    fitted = fit(contender(name), design, FEATURES, seed=2, tuning=Tuning(candidates=7, folds=3))
    tried = seen[:-1]
    assert len(tried) == 7 * 3
    assert tried[:7] == tried[7:14] == tried[14:]
    assert tried[0] == {}
    assert seen[-1] == fitted.settings
    assert fitted.settings in tried


@pytest.mark.parametrize("name", ["prevalence", "level_rates", "best_rule"])
def test_an_estimator_without_settings_is_fitted_once(design, counted, name):
    """Where there is nothing to choose no candidate is tried."""
    seen = counted(name)
    assert fit(contender(name), design, FEATURES, seed=2, tuning=Tuning(candidates=7)).settings == {}
    assert seen == [{}]


def test_the_settings_with_the_lowest_log_loss_on_other_people_win(design, monkeypatch):
    """Of a candidate that forgets everything and the default the search takes the default."""
    recipe = replace(ESTIMATORS["logistic"], space={"C": (1e-9,)}, settle=None)
    monkeypatch.setitem(ESTIMATORS, "logistic", recipe)
    assert fit(contender("logistic"), design, FEATURES, seed=2, tuning=Tuning(candidates=2)).settings == {}
    noise = replace(design, outcome=np.random.default_rng(1).permutation(design.outcome))
    found = fit(contender("logistic"), noise, FEATURES, seed=2, tuning=Tuning(candidates=2)).settings
    assert found == {"C": 1e-9}


def test_tuning_folds_hold_whole_clients(design, monkeypatch):
    """Every split the search makes was handed to the check that keeps people apart, and it passed."""
    splits = []
    whole = training.apart
    monkeypatch.setattr(
        training, "apart", lambda client, a, b, step: (splits.append((a, b)), whole(client, a, b, step))
    )
    fit(contender("elastic_net"), design, FEATURES, seed=2, tuning=Tuning(candidates=2, folds=4))
    assert len(splits) == 4
    assert sorted(np.concatenate([test for _, test in splits])) == list(range(len(design.outcome)))
    assert all(not set(design.client[a]) & set(design.client[b]) for a, b in splits)


def test_log_loss_from_log_odds_by_hand():
    """At log-odds 0 the loss is log 2; at log-odds log 3 it is log 4/3 for a yes and log 4 for a no."""
    loss = margin_loss(np.array([1, 1, 0]), np.log([1.0, 3.0, 3.0]))
    assert loss == pytest.approx(np.log([2, 4 / 3, 4]))
    assert margin_loss(np.array([0, 1]), np.array([800.0, 800.0])).tolist() == [800.0, 0.0]


# --- nobody on both sides ------------------------------------------------------------------


def test_a_client_planted_on_both_sides_of_a_fold_stops_the_run(design, folds):
    """One row moved from test to training raises LeakageError that names contender and fold, not the client."""
    torn = Fold("fold 1", 0, np.append(folds[0].train, folds[0].test[0]), folds[0].test[1:])
    assert design.client[folds[0].test[0]] in design.client[torn.test]
    with pytest.raises(LeakageError, match=r"all \| logistic, fold 1: 1 client\(s\) are in training and in test"):
        run_all([contender("logistic")], design, [torn], Learning(FEATURES, 1, ONE))


def test_a_leak_found_in_another_process_stops_the_run_too(design, folds):
    """The error of a worker process arrives as LeakageError, not as one of the pool."""
    torn = Fold("fold 1", 0, np.append(folds[0].train, folds[0].test[0]), folds[0].test[1:])
    with Queue(Release(), 1) as queue, pytest.raises(LeakageError, match="1 client"):
        run_all([contender("logistic")], design, [torn, folds[1]], Learning(FEATURES, 1, ONE), queue=queue)


def test_tuning_folds_that_tear_a_client_apart_stop_the_search(design, monkeypatch):
    """If tuning folds were made by row instead of by client, the search would refuse them."""
    by_row = np.arange(len(design.outcome)) % 2
    monkeypatch.setattr(training, "client_folds", lambda *given: by_row)
    with pytest.raises(LeakageError, match=r"tuning: 90 client\(s\)"):
        fit(contender("elastic_net"), design, FEATURES, seed=1, tuning=Tuning(candidates=2, folds=2))


# --- what is told and given back -----------------------------------------------------------


def test_each_contender_is_finished_once_with_the_column_that_is_returned(design, folds):
    """`finished` gets every contender once, complete; `progress` every fit once."""
    several = [contender(name) for name in ("prevalence", "logistic", "lightgbm")]
    done: list[tuple[Contender, np.ndarray]] = []
    steps: list[tuple[str, str]] = []
    found = begin(several, design, folds, Learning(FEATURES, 1, ONE)).repeats(
        Progress(step=lambda who, fold: steps.append((who, fold))),
        lambda who, column: done.append((who, column.copy())),
    )
    assert [who for who, _ in done] == several
    assert all(np.array_equal(column, found[:, :, place]) for place, (_, column) in enumerate(done))
    assert sorted(steps) == sorted((c.name, f.name) for c in several for f in folds)


def test_nothing_to_do_gives_no_column(design, folds):
    """A run that was wholly taken over from an earlier one has no contender left and does not fail."""
    assert run_all([], design, folds, Learning(FEATURES, 1, ONE)).shape == (180, 0)


def test_prevalence_is_one_constant_over_all_folds(folds, design):
    """Folds of unlike prevalence would rank people backwards, so the yardstick is one number for everybody."""
    ordered = replace(design, outcome=np.sort(design.outcome))
    found = run_all([contender("prevalence", ())], ordered, folds, Learning(FEATURES, 1, ONE))[:, 0]
    assert len(np.unique(found)) == 1
    assert 1 / (1 + np.exp(-found[0])) == pytest.approx(design.outcome.mean(), abs=0.02)


def test_rows_without_a_fold_stay_empty_and_repeats_are_averaged(design):
    """A row that no fold tests is NaN; one tested twice gets the log-odds of its mean probability."""
    halves = np.arange(180) < 60, np.arange(180) < 120
    first = Fold("first", 0, np.flatnonzero(~halves[0]), np.flatnonzero(halves[0]))
    second = Fold("second", 1, np.flatnonzero(~halves[1]), np.flatnonzero(halves[1]))
    one, two, both = (
        run_all([contender("logistic")], design, some, Learning(FEATURES, 1, ONE))[:, 0]
        for some in ([first], [second], [first, second])
    )
    assert np.isnan(one[60:]).all()
    assert np.isnan(both[120:]).all()
    assert np.array_equal(both[60:120], two[60:120]) or np.allclose(both[60:120], two[60:120], atol=1e-12)
    mean = (1 / (1 + np.exp(-one[:60])) + 1 / (1 + np.exp(-two[:60]))) / 2
    assert both[:60] == pytest.approx(np.log(mean / (1 - mean)))


def test_forecasts_come_from_other_people_only(design, folds):
    """Turning every outcome of a fold round does not change that fold's own forecasts, but those of the others."""
    turned = design.outcome.copy()
    turned[folds[0].test] = 1 - turned[folds[0].test]
    before, after = (
        run_all([contender("logistic")], replace(design, outcome=y), folds, Learning(FEATURES, 1, ONE))[:, 0]
        for y in (design.outcome, turned)
    )
    assert np.array_equal(before[folds[0].test], after[folds[0].test])
    assert np.abs(before[folds[1].test] - after[folds[1].test]).max() > 0.1


def test_margin_is_the_log_odds_of_the_forecast(design):
    """For every kind of estimator the margin is the logit of the library's own probability."""
    for name in ("prevalence", "level_rates", "best_rule", "logistic", "lightgbm", "random_forest"):
        fitted: Fitted = fit(contender(name), design, FEATURES, seed=1)
        own = fitted.estimator.predict_proba(design.matrix.to_numpy())[:, 1]
        assert 1 / (1 + np.exp(-margin(fitted, design))) == pytest.approx(own, abs=2e-6), name


def test_repeats_are_pooled_as_mean_probabilities(design, folds):
    """The pooled log-odds are those of the mean probability of the single models; with one repeat they are theirs."""
    repeated = folds + grouped_kfold(design, 3, 2, seed=1)[3:]
    single = begin([contender("logistic")], design, repeated, Learning(FEATURES, 1, ONE)).repeats()
    mean = (1 / (1 + np.exp(-single[:, :, 0]))).mean(axis=0)
    assert single.shape == (2, 180, 1)
    assert np.log(mean / (1 - mean)) == pytest.approx(pooled(single, [contender("logistic")], repeated)[:, 0])
    assert pooled(single[:1], [contender("logistic")], folds)[:, 0] == pytest.approx(single[0, :, 0])


@pytest.mark.parametrize("name", ["logistic", "spline_logistic", "hazard"])
def test_counted_parameters_are_the_columns_a_fit_would_make(name):
    """Gaps, rare levels, a level for unknown and splines count as they do when prepared on all rows."""
    rng = np.random.default_rng(5)
    town = np.repeat([0.0, 1.0, 2.0, 3.0, np.nan], [100, 60, 9, 1, 30])  # two levels are rare
    gappy = np.where(np.arange(200) % 7 == 0, np.nan, rng.normal(size=200))
    matrix = pd.DataFrame({"r.town": town, "r.gappy": gappy, "r.whole": rng.normal(size=200), "r.flag": gappy > 0})
    few = matrix.astype("float64").assign(**{"r.none": np.nan})
    kinds = {"r.town": "category", "r.flag": "flag"}
    features = [
        Feature(n, "register_basic", kinds.get(n, "continuous"), levels=tuple("abcd") if n == "r.town" else ())
        for n in few
    ]
    design = make_design(pd.DataFrame({"client_id": np.arange(200)}), few, np.arange(200) % 2)
    one = Contender("one", "one", name, tuple(few))
    prepare = ESTIMATORS[name].make(features, 0).named_steps["prepare"]

    assert prepare.fit_transform(few.to_numpy()).shape[1] == n_parameters(one, design, features)
