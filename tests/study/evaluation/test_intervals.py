"""Bootstrap of clients: against scikit-learn replicate by replicate, by hand, and by what must not matter."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

from eriq.study.evaluation import intervals
from eriq.study.evaluation.intervals import (
    Replicates,
    bootstrap,
    client_weights,
    differences,
    percentiles,
    skill,
    summarise,
)

Cohort = tuple[np.ndarray, np.ndarray, np.ndarray]


def cohort(rows: int = 300, clients: int = 90, seed: int = 3) -> Cohort:
    """Return outcome, four forecasts (smooth, one decimal, two levels, constant) and client."""
    rng = np.random.default_rng(seed)
    client = rng.integers(clients, size=rows)
    readiness = rng.normal(size=clients)[client]
    outcome = (rng.random(rows) < 1 / (1 + np.exp(1.5 - readiness))).astype(int)
    smooth = 1 / (1 + np.exp(1.5 - readiness - rng.normal(size=rows)))
    forecast = np.column_stack(
        [smooth, smooth.round(1).clip(0.1, 0.9), np.where(smooth > 0.3, 0.4, 0.1), np.full(rows, 0.2)]
    )
    return outcome, forecast, client


def listed(forecast: np.ndarray, weight: np.ndarray, room: float) -> np.ndarray:
    """Return how many copies of each row are on a list of `room`, by walking down the levels one by one."""
    copies = np.zeros(len(forecast))
    for level in sorted(set(forecast.tolist()), reverse=True):
        tied = (forecast == level) * weight
        if tied.sum() > 0:
            copies += tied * min(1.0, room / tied.sum())
            room = max(0.0, room - tied.sum())
    return copies


def test_every_replicate_equals_scikit_learn_with_the_same_weights() -> None:
    """AUC, average precision, log loss and Brier score agree to 1e-12 for each replicate and contender, ties or not."""
    outcome, forecast, client = cohort()
    made = bootstrap(outcome, forecast, client, replicates=100, seed=5)
    oracles = {
        "auc": roc_auc_score,
        "average_precision": average_precision_score,
        "log_loss": log_loss,
        "brier": brier_score_loss,
    }

    weights = np.concatenate(list(client_weights(client, 100, 5)))

    assert weights.shape == (100, 300)
    for name, oracle in oracles.items():
        expected = [[oracle(outcome, column, sample_weight=w) for column in forecast.T] for w in weights]
        np.testing.assert_allclose(made.draws[made.at(name)], expected, rtol=0, atol=1e-12)
        plain = [oracle(outcome, column) for column in forecast.T]
        np.testing.assert_allclose(made.estimate[made.at(name)], plain, rtol=0, atol=1e-12)


def test_every_replicate_equals_counting_by_hand() -> None:
    """Net benefit and the capacity measures agree to 1e-12 with a row by row count of each replicate."""
    outcome, forecast, client = cohort()
    made = bootstrap(
        outcome, forecast, client, replicates=60, seed=5, shares=(0.1,), numbers=(40, 9999), thresholds=(0.4,)
    )

    for number, weight in enumerate(np.concatenate(list(client_weights(client, 60, 5)))):
        total, hits = weight.sum(), weight @ outcome
        for contender, column in enumerate(forecast.T):
            acted = weight * (column >= 0.4)  # a level that forecasts of two contenders reach exactly
            expected = {"net_benefit@0.4": (acted @ outcome - acted @ (1 - outcome) * 2 / 3) / total}
            for name, room in (("10%", 0.1 * total), ("40", 40), ("9999", total)):
                caught = listed(column, weight, room) @ outcome
                expected[f"precision@{name}"] = caught / room
                expected[f"recall@{name}"] = caught / hits
                expected[f"lift@{name}"] = caught / room / (hits / total)
            for name, value in expected.items():
                assert made.draws[made.at(name), number, contender] == pytest.approx(value, abs=1e-12), name


def test_half_of_a_tie_that_half_fits() -> None:
    """With room for two, one place is left for three tied rows, so the tied hit counts for 1/3: 4/3 hits in all."""
    made = bootstrap(
        [1, 1, 0, 0], [[0.9], [0.5], [0.5], [0.5]], [1, 2, 3, 4], replicates=5, seed=1, shares=(), numbers=(2,)
    )

    assert made.estimate[made.at("precision@2"), 0] == pytest.approx((1 + 1 / 3) / 2, abs=1e-15)
    assert made.estimate[made.at("recall@2"), 0] == pytest.approx((1 + 1 / 3) / 2, abs=1e-15)
    assert made.estimate[made.at("lift@2"), 0] == pytest.approx(4 / 3, abs=1e-15)


def test_a_certain_and_wrong_forecast_has_a_finite_log_loss() -> None:
    """Forecasts of 0 and 1 count as 1e-15 from the end: one such error in two rows costs 15 ln(10) / 2."""
    made = bootstrap([1, 0], [[0.0], [0.0]], [1, 2], replicates=5, seed=1)

    assert made.estimate[made.at("log_loss"), 0] == pytest.approx(15 * np.log(10) / 2, abs=1e-12)


def test_all_rows_of_a_client_are_drawn_together() -> None:
    """Rows of one client have one weight, and each replicate draws as many clients as there are."""
    client = np.array(["b", "a", "b", "c", "a", "b"])

    for weight in client_weights(client, 200, 7):
        np.testing.assert_array_equal(weight[:, 0], weight[:, 2])
        np.testing.assert_array_equal(weight[:, 1], weight[:, 4])
        np.testing.assert_array_equal(weight[:, [0, 1, 3]].sum(axis=1), 3)


def test_each_client_is_drawn_once_on_average() -> None:
    """Over 4,000 replicates of 50 clients the mean weight is 1 within four standard errors, its variance 1 - 1/50."""
    weight = np.concatenate(list(client_weights(np.arange(50), 4000, 11)))

    assert np.abs(weight.mean(axis=0) - 1).max() < 4 * np.sqrt(0.98 / 4000)
    assert weight.var(axis=0).mean() == pytest.approx(0.98, abs=0.02)


def test_fewer_replicates_are_the_first_of_more() -> None:
    """A measure that can only afford 70 replicates uses the first 70 of the 150 of the others."""
    outcome, forecast, client = cohort()
    few, many = (bootstrap(outcome, forecast, client, replicates=r, seed=5) for r in (70, 150))

    first = np.concatenate(list(client_weights(client, 150, 5)))[:70]

    np.testing.assert_array_equal(np.concatenate(list(client_weights(client, 70, 5))), first)
    np.testing.assert_allclose(few.draws, many.draws[:, :70], rtol=0, atol=1e-14)


def test_any_number_of_workers_gives_the_same_digits() -> None:
    """One, two and three threads give bit for bit the same draws; another seed gives others."""
    outcome, forecast, client = cohort(rows=2000, clients=500)
    one, two, three = (bootstrap(outcome, forecast, client, replicates=200, seed=5, workers=w) for w in (1, 2, 3))
    other = bootstrap(outcome, forecast, client, replicates=200, seed=6)

    assert one.draws.tobytes() == two.draws.tobytes() == three.draws.tobytes()
    assert not np.array_equal(one.draws, other.draws)


def test_small_pieces_give_the_same_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    """How many replicates are handled at once, as for very long tables, does not change a number."""
    outcome, forecast, client = cohort()
    usual = bootstrap(outcome, forecast, client, replicates=20, seed=5)
    monkeypatch.setattr(intervals, "CELLS", 1)

    single = bootstrap(outcome, forecast, client, replicates=20, seed=5)

    np.testing.assert_allclose(single.draws, usual.draws, rtol=0, atol=1e-14)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32), rows=st.integers(6, 60), clients=st.integers(2, 20))
def test_the_order_of_rows_does_not_matter(seed: int, rows: int, clients: int) -> None:
    """Shuffled rows give the same estimates and draws: ties are split, not decided by position."""
    outcome, forecast, client = cohort(rows, clients, seed)
    outcome[:2] = [0, 1]
    order = np.random.default_rng(seed).permutation(rows)

    made = bootstrap(outcome, forecast, client, replicates=10, seed=1, numbers=(3,))
    shuffled = bootstrap(outcome[order], forecast[order], client[order], replicates=10, seed=1, numbers=(3,))

    np.testing.assert_allclose(made.estimate, shuffled.estimate, rtol=0, atol=1e-12)
    np.testing.assert_allclose(made.draws, shuffled.draws, rtol=0, atol=1e-12)


def test_ranks_alone_decide_what_is_about_ranks() -> None:
    """A rising transformation leaves AUC, average precision and capacity measures as they are, bit for bit."""
    outcome, forecast, client = cohort()
    made, bent = (bootstrap(outcome, f, client, replicates=30, seed=2) for f in (forecast, forecast**3))

    ranked = [made.at(name) for name in made.measures if not name.startswith(("log", "brier", "net"))]

    assert len(ranked) == 11
    np.testing.assert_array_equal(made.draws[ranked], bent.draws[ranked])


def test_the_outcome_itself_is_a_perfect_forecast() -> None:
    """AUC and average precision are 1, loss is 0 and net benefit is the prevalence, in every replicate."""
    outcome, _, client = cohort()
    made = bootstrap(outcome, outcome[:, None], client, replicates=20, seed=2)
    prevalence = [w @ outcome / w.sum() for w in np.concatenate(list(client_weights(client, 20, 2)))]

    for name, value in (("auc", 1), ("average_precision", 1), ("brier", 0), ("net_benefit@0.1", prevalence)):
        np.testing.assert_allclose(made.draws[made.at(name), :, 0], value, rtol=0, atol=1e-14)


def test_replicates_with_one_class_are_left_out_and_counted() -> None:
    """Of two clients, one of each class, half of the replicates draw one twice; only the others are used."""
    made = bootstrap([0, 1], [[0.2], [0.7]], ["a", "b"], replicates=1000, seed=3)
    both = np.concatenate(list(client_weights(["a", "b"], 1000, 3))).max(axis=1) == 1

    np.testing.assert_array_equal(made.usable, both)
    assert np.isnan(made.draws[:, ~both]).all()
    assert not np.isnan(made.draws[:, both]).any()
    assert 450 < both.sum() < 550
    assert set(summarise(made, ["m"])["replicates"]) == {both.sum()}


def test_without_a_usable_replicate_the_interval_is_a_gap() -> None:
    """Estimates stay, low and high are missing, and the count is 0."""
    table = summarise(Replicates(("auc",), np.array([[0.7]]), np.full((1, 9, 1), np.nan)), ["m"])

    assert table["estimate"].tolist() == [0.7]
    assert table[["low", "high"]].isna().all(axis=None)
    assert table["replicates"].tolist() == [0]


def made_by_hand() -> Replicates:
    """Return 101 replicates: Brier 0.1 and 0.2 on the sample; draws rise from 0 in steps of 0.01, or are twice that."""
    steps = np.linspace(0.01, 1.01, 101)
    return Replicates(("brier",), np.array([[0.1, 0.2]]), np.stack([steps, 2 * steps], axis=1)[None])


def test_summary_has_the_percentiles_of_the_draws() -> None:
    """Of 0.01, 0.02 ... 1.01 the 90 % interval runs from 0.06 to 0.96, and of the doubled draws from 0.12 to 1.92."""
    table = summarise(made_by_hand(), ["a", "b"], level=0.9)

    assert table.columns.tolist() == ["contender", "measure", "estimate", "low", "high", "replicates"]
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


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"outcome": [0, 1, 2]}, r"outcome is not 0 or 1 in 1 row"),
        ({"outcome": [0, 0, 0]}, "one class only"),
        ({"probability": [[0.1], [np.nan], [1.2]]}, r"outside \[0, 1\] in 2 row"),
        ({"probability": [0.1, 0.2, 0.3]}, "must be"),
        ({"client": ["a", None, "b"]}, r"client is missing in 1 row"),
        ({"client": ["a", "b"]}, "client has 2 rows, outcome has 3"),
        ({"shares": (0.0,)}, "capacities"),
        ({"numbers": (0,)}, "capacities"),
        ({"thresholds": (1.0,)}, "thresholds"),
        ({"replicates": 0}, "at least 1"),
    ],
)
def test_what_cannot_be_measured_is_refused(change: dict[str, object], message: str) -> None:
    """Each wrong argument has its own error, with counts and without values of rows."""
    right = {"outcome": [0, 1, 1], "probability": [[0.1], [0.2], [0.3]], "client": ["a", "b", "c"], "seed": 1}

    with pytest.raises(ValueError, match=message):
        bootstrap(**(right | change))  # type: ignore[arg-type]


def test_tables_refuse_names_that_do_not_fit() -> None:
    """Too few, repeated or unknown names, an unknown measure and a level of 1 are refused."""
    made = made_by_hand()
    for names in (["a"], ["a", "a"]):
        with pytest.raises(ValueError, match="2 different names"):
            summarise(made, names)
    with pytest.raises(ValueError, match="not among"):
        differences(made, ["a", "b"], "c")
    with pytest.raises(ValueError, match="auc was not computed; there are brier"):
        made.at("auc")
    with pytest.raises(ValueError, match="level"):
        percentiles(made.draws, 1)
    with pytest.raises(ValueError, match="two contenders"):
        differences(Replicates(("brier",), np.ones((1, 1)), np.ones((1, 5, 1))), ["a"])
    with pytest.raises(ValueError, match="always right"):
        skill(Replicates(("brier",), np.array([[0.1, 0.0]]), np.ones((1, 5, 2))), ["a", "b"], "b")


def test_inputs_stay_as_they_were() -> None:
    """Nothing handed in is changed."""
    given_arrays = cohort()
    kept = [array.copy() for array in given_arrays]

    bootstrap(*given_arrays, replicates=5, seed=1)

    for before, after in zip(kept, given_arrays, strict=True):
        np.testing.assert_array_equal(before, after)
