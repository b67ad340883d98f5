"""Percentile intervals and paired differences: by hand, and by what must not matter."""

import numpy as np
import pandas as pd
import pytest

from eriq.study.evaluation.bootstrap import Replicates, bootstrap
from eriq.study.evaluation.forecasts import Forecasts
from eriq.study.evaluation.intervals import differences, from_refits, one_measure, percentiles, skill, summarise
from eriq.study.evaluation.wanted import Measure, Wanted
from tests.study.evaluation.conftest import cohort


def test_without_a_usable_replicate_the_interval_is_a_gap() -> None:
    """Estimates stay, low and high are missing, and the count is 0."""
    table = summarise(Replicates((Measure("auc"),), np.array([[0.7]]), np.full((1, 9, 1), np.nan)), ["m"])

    assert table["estimate"].tolist() == [0.7]
    assert table[["low", "high"]].isna().all(axis=None)
    assert table["replicates"].tolist() == [0]


def made_by_hand() -> Replicates:
    """Return 101 replicates: Brier 0.1 and 0.2 on the sample; draws rise from 0 in steps of 0.01, or are twice that."""
    steps = np.linspace(0.01, 1.01, 101)
    return Replicates((Measure("brier"),), np.array([[0.1, 0.2]]), np.stack([steps, 2 * steps], axis=1)[None])


def test_summary_has_the_percentiles_of_the_draws() -> None:
    """Of 0.01, 0.02 ... 1.01 the 90 % interval runs from 0.06 to 0.96, and of the doubled draws from 0.12 to 1.92."""
    table = summarise(made_by_hand(), ["a", "b"], level=0.9)

    assert table.columns.tolist() == ["contender", "measure", "at", "estimate", "low", "high", "replicates"]
    assert table["contender"].tolist() == ["a", "b"]
    np.testing.assert_allclose(table[["estimate", "low", "high"]], [[0.1, 0.06, 0.96], [0.2, 0.12, 1.92]], atol=1e-12)


def test_differences_are_paired() -> None:
    """Contender b is a plus a again in every draw, so b less a has the interval of a; a less b turns its sign."""
    pairs = differences(made_by_hand(), ["a", "b"], level=0.9)
    turned = differences(made_by_hand(), ["a", "b"], "b", level=0.9)

    assert pairs[["contender", "baseline"]].to_numpy().tolist() == [["b", "a"]]
    np.testing.assert_allclose(pairs[["estimate", "low", "high"]], [[0.1, 0.06, 0.96]], atol=1e-12)
    assert turned[["contender", "baseline"]].to_numpy().tolist() == [["a", "b"]]
    np.testing.assert_allclose(turned[["estimate", "low", "high"]], [[-0.1, -0.96, -0.06]], atol=1e-12)


def test_every_pair_comes_once_and_agrees_with_its_baseline_row() -> None:
    """Four contenders make six pairs, each equal to the row of the table against that baseline."""
    made = bootstrap(*cohort(), replicates=40, seed=1)
    pairs = differences(made, list("abcd"))

    assert len(pairs.drop_duplicates(["contender", "baseline"])) == 6
    against_b = pairs.query("baseline == 'b'").reset_index(drop=True)
    expected = differences(made, list("abcd"), "b").query("contender in ('c', 'd')").reset_index(drop=True)
    pd.testing.assert_frame_equal(against_b, expected)


def test_two_equal_contenders_differ_by_nothing() -> None:
    """Estimate, low and high of the difference are exactly 0 for every measure."""
    outcome, forecast, client = cohort()
    made = bootstrap(outcome, forecast[:, [0, 0]], client, replicates=40, seed=1)

    assert (differences(made, ["a", "again"])[["estimate", "low", "high"]] == 0).all(axis=None)


def test_skill_is_the_share_of_the_score_that_is_saved() -> None:
    """Half the baseline's Brier score in the sample and in every draw is a skill of 1/2, without uncertainty."""
    table = skill(made_by_hand(), ["a", "b"], "b")

    assert table[["contender", "baseline", "measure"]].to_numpy().tolist() == [["a", "b", "brier_skill"]]
    np.testing.assert_allclose(table[["estimate", "low", "high"]], [[0.5, 0.5, 0.5]], atol=1e-12)


def test_tables_refuse_names_that_do_not_fit() -> None:
    """Too few, repeated or unknown names, an unknown measure and a level of 1 are refused."""
    made = made_by_hand()
    for names in (["a"], ["a", "a"]):
        with pytest.raises(ValueError, match="2 different names"):
            summarise(made, names)
    with pytest.raises(ValueError, match="not among"):
        differences(made, ["a", "b"], "c")
    with pytest.raises(ValueError, match="auc was not computed; there are brier"):
        made.place("auc")
    with pytest.raises(ValueError, match="level"):
        percentiles(made.draws, 1)
    with pytest.raises(ValueError, match="two contenders"):
        differences(Replicates((Measure("brier"),), np.ones((1, 1)), np.ones((1, 5, 1))), ["a"])
    with pytest.raises(ValueError, match="always right"):
        skill(Replicates((Measure("brier"),), np.array([[0.1, 0.0]]), np.ones((1, 5, 2))), ["a", "b"], "b")


def test_one_measure_is_the_row_it_has_among_all() -> None:
    """The AUC alone has the estimate, interval and count that the whole summary gives it."""
    outcome, forecast, client = cohort()
    log_odds = np.log(forecast / (1 - forecast))
    alone = one_measure(Forecasts(tuple("abcd"), outcome, log_odds, client), "auc", replicates=40, seed=1, level=0.9)
    every = summarise(bootstrap(outcome, forecast, client, replicates=40, seed=1), list("abcd"), 0.9)

    expected = every[every["measure"] == "auc"].drop(columns=["measure", "at"]).reset_index(drop=True)
    pd.testing.assert_frame_equal(alone, expected)


def test_measures_at_a_place_have_it_in_a_column_of_its_own() -> None:
    """Precision of a tenth is measure "precision" at "10%"; an AUC is at nothing."""
    made = bootstrap(*cohort(), Wanted(("auc",), shares=(0.1,)), replicates=5, seed=1)
    table = summarise(made, list("abcd")).head(4)

    assert table["measure"].tolist() == ["auc", "precision", "recall", "lift"]
    assert table["at"].fillna("nothing").tolist() == ["nothing", "10%", "10%", "10%"]


def test_refits_that_failed_are_left_out_and_counted() -> None:
    """Of 1, 2, 3 and a gap the middle half runs from 1.5 to 2.5; without a usable refit there is no interval."""
    assert from_refits("a", "slope", 2.0, np.array([3, np.nan, 1, 2]), 0.5) == ("a", "slope", 2.0, 1.5, 2.5, 3)
    *_, low, high, count = from_refits("a", "slope", 2.0, np.array([np.nan]), 0.5)
    assert np.isnan([low, high]).all()
    assert count == 0
