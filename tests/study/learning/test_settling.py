"""What learners settle for themselves."""

from dataclasses import replace

import numpy as np
import pytest

import eriq.study.learning.settling as settling
from eriq.errors import LeakageError
from eriq.study.learning.estimators import ESTIMATORS
from eriq.study.learning.settling import (
    MOST_TREES,
    STRENGTHS,
    Rows,
    inner_folds,
    ridge_strength,
    some_clients,
    tree_count,
)
from eriq.study.learning.training import fit, margin, margin_loss
from tests.study.learning.conftest import FEATURES, contender, people


def rows_of(design):
    """Return a design as rows to learn from."""
    return Rows(design.matrix.to_numpy(), design.outcome, design.client)


def test_inner_folds_hold_whole_clients_and_test_every_row_as_often():
    """With few rows each row is tested in three deals, and no client is on both sides."""
    rows = rows_of(people())
    tested = np.concatenate([test for _, test in inner_folds(rows, 1)])
    assert np.bincount(tested).tolist() == [3] * 180
    assert all(not set(rows.client[a]) & set(rows.client[b]) for a, b in inner_folds(rows, 1))


def test_inner_folds_that_tear_a_client_apart_are_refused(monkeypatch):
    """If they were made by row, the check that keeps people apart would stop the fit."""
    monkeypatch.setattr(settling, "client_folds", lambda outcome, client, n, seed: np.arange(len(client)) % n)
    with pytest.raises(LeakageError, match="inner folds"):
        fit(contender("logistic"), people(), FEATURES, seed=1)


def test_too_few_clients_for_folds_get_the_most_cautious_model():
    """One client with the outcome allows no folds: the strongest ridge, a single tree."""
    design = people()
    alone = replace(design, outcome=(design.client == 3).astype(int))
    assert fit(contender("logistic"), alone, FEATURES, seed=1).settings == {"C": STRENGTHS[0]}
    assert fit(contender("lightgbm"), alone, FEATURES, seed=1).settings == {"n_estimators": 1}


@pytest.mark.parametrize("name", ["logistic", "spline_logistic"])
def test_noise_gets_a_stronger_ridge_than_a_signal(name):
    """Outcomes that depend on the columns get a weak ridge, the same outcomes shuffled the strongest but one or two."""
    design, make = people(300), ESTIMATORS[name].make
    noise = replace(design, outcome=np.random.default_rng(1).permutation(design.outcome))
    signal, none = (ridge_strength(make, FEATURES, 1, rows_of(d), {})["C"] for d in (design, noise))
    assert signal >= 0.03
    assert none <= 0.004


def test_the_strength_is_the_best_of_refits_by_hand():
    """The chosen strength has the lowest loss when each fold and strength is fitted apart, from preparing on."""
    design = people(150)
    rows, losses = rows_of(design), np.zeros(len(STRENGTHS))
    for train, test in inner_folds(rows, 1):
        for place, c in enumerate(STRENGTHS):
            one = fit(replace(contender("logistic"), settings=(("C", c),)), design.take(train), FEATURES, seed=1)
            losses[place] += margin_loss(design.outcome[test], margin(one, design.take(test))).sum()
    chosen = ridge_strength(ESTIMATORS["logistic"].make, FEATURES, 1, rows, {})["C"]
    assert abs(np.log(chosen / STRENGTHS[losses.argmin()])) <= np.log(STRENGTHS[1] / STRENGTHS[0]) / 2 + 1e-6


def test_trees_stop_where_more_of_them_only_learn_noise():
    """A signal gets more trees than noise does, and neither gets all it could have."""
    design, make = people(300), ESTIMATORS["lightgbm_pairs"].make
    noise = replace(design, outcome=np.random.default_rng(1).permutation(design.outcome))
    signal, none = (tree_count(make, FEATURES, 1, rows_of(d), {})["n_estimators"] for d in (design, noise))
    assert 1 <= none < 20 < signal < MOST_TREES


def test_the_curve_of_a_fold_is_the_loss_of_ever_more_trees():
    """The third value is the log loss on the held-out rows of a model of three trees."""
    design = people(200)
    rows, every = rows_of(design), np.arange(400)
    train, test = every[:300], every[300:]
    trees = [ESTIMATORS["lightgbm"].make(FEATURES, 1, n_estimators=n) for n in (40, 3)]
    curve = trees[0].curve(rows.matrix, rows.outcome, train, test)
    raw = trees[1].fit(rows.matrix[train], rows.outcome[train]).booster_.predict(rows.matrix[test], raw_score=True)
    assert curve[2] == pytest.approx(margin_loss(rows.outcome[test], raw).mean())


def test_what_is_given_is_not_settled_and_refits_keep_what_was():
    """A given strength stays; the settled contender of a fit carries the strength that was found."""
    design = people()
    given = fit(replace(contender("logistic"), settings=(("C", 0.5),)), design, FEATURES, seed=1)
    found = fit(contender("logistic"), design, FEATURES, seed=1)
    assert given.settings == {"C": 0.5}
    assert dict(found.settled.settings) == found.settings
    assert fit(found.settled, design, FEATURES, seed=9).settings == found.settings
    assert found.estimator.named_steps["model"].C == found.settings["C"]


def test_weights_count_as_rows():
    """Weights of 2 give the strength that rows given twice, to the same folds, give."""
    rows = rows_of(people(120))
    twice = Rows(np.repeat(rows.matrix, 2, 0), np.repeat(rows.outcome, 2), np.repeat(rows.client, 2))
    weighted = replace(rows, weight=np.full(len(rows.outcome), 2.0))
    make = ESTIMATORS["logistic"].make
    strength = ridge_strength(make, FEATURES, 1, twice, {})
    assert ridge_strength(make, FEATURES, 1, weighted, {}) == pytest.approx(strength, rel=1e-9)


def test_of_very_many_rows_one_fold_of_five_is_held_out(monkeypatch):
    """A fifth of the clients is tested, once, and by nobody who learned from them."""
    monkeypatch.setattr(settling, "VERY_MANY_ROWS", 150)
    monkeypatch.setattr(settling, "FEW_ROWS", 100)
    rows = rows_of(people())
    ((train, test),) = inner_folds(rows, 1)
    assert len(train) + len(test) == 180
    assert len(np.unique(rows.client[test])) == 18
    assert not set(rows.client[train]) & set(rows.client[test])


def test_a_ridge_of_very_many_rows_settles_on_whole_clients_drawn_by_lot(monkeypatch):
    """As many clients as make no more rows than that, all their rows with outcomes and weights; few rows stay all."""
    rows = replace(rows_of(people()), client=np.repeat(np.arange(60), np.tile([1, 5], 30)), weight=np.arange(180.0))
    some = some_clients(rows, 101, 1)
    taken = np.isin(rows.client, some.client)
    assert 97 <= len(some.outcome) <= 101
    assert len(np.unique(some.client)) == pytest.approx(34, abs=8)
    assert some.weight.tolist() == np.flatnonzero(taken).tolist()
    assert np.array_equal(some.matrix, rows.matrix[taken], equal_nan=True)
    assert np.array_equal(some.outcome, rows.outcome[taken])
    assert set(some_clients(rows, 101, 2).client) != set(some.client)
    assert some_clients(rows, 180, 1) is rows
    make, plain = ESTIMATORS["logistic"].make, replace(rows, weight=None)
    monkeypatch.setattr(settling, "VERY_MANY_ROWS", 101)
    chosen = ridge_strength(make, FEATURES, 1, plain, {})
    assert chosen == ridge_strength(make, FEATURES, 1, some_clients(plain, 101, 1), {})
