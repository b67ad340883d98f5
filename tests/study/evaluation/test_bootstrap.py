"""Bootstrap of clients: against scikit-learn replicate by replicate, by hand, and by what must not matter."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

from eriq.study.evaluation import bootstrap as module
from eriq.study.evaluation.bootstrap import Rows, bootstrap, client_weights, weighted_bootstrap
from eriq.study.evaluation.intervals import summarise
from eriq.study.evaluation.wanted import Wanted
from tests.study.evaluation.conftest import EVERYTHING, cohort


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
        np.testing.assert_allclose(made.draws[made.place(name)], expected, rtol=0, atol=1e-12)
        plain = [oracle(outcome, column) for column in forecast.T]
        np.testing.assert_allclose(made.estimate[made.place(name)], plain, rtol=0, atol=1e-12)


def test_every_replicate_equals_counting_by_hand() -> None:
    """Net benefit and the capacity measures agree to 1e-12 with a row by row count of each replicate."""
    outcome, forecast, client = cohort()
    made = bootstrap(outcome, forecast, client, Wanted((), (0.1,), (40, 9999), (0.4,)), replicates=60, seed=5)

    for number, weight in enumerate(np.concatenate(list(client_weights(client, 60, 5)))):
        total, hits = weight.sum(), weight @ outcome
        for contender, column in enumerate(forecast.T):
            acted = weight * (column >= 0.4)  # a level that forecasts of two contenders reach exactly
            expected = {("net_benefit", "0.4"): (acted @ outcome - acted @ (1 - outcome) * 2 / 3) / total}
            for name, room in (("10%", 0.1 * total), ("40", 40), ("9999", total)):
                caught = listed(column, weight, room) @ outcome
                expected["precision", name] = caught / room
                expected["recall", name] = caught / hits
                expected["lift", name] = caught / room / (hits / total)
            for measure, value in expected.items():
                assert made.draws[made.place(*measure), number, contender] == pytest.approx(value, abs=1e-12), measure


def test_half_of_a_tie_that_half_fits() -> None:
    """With room for two, one place is left for three tied rows, so the tied hit counts for 1/3: 4/3 hits in all."""
    made = bootstrap(
        [1, 1, 0, 0], [[0.9], [0.5], [0.5], [0.5]], [1, 2, 3, 4], Wanted((), numbers=(2,)), replicates=5, seed=1
    )

    assert made.estimate[made.place("precision", "2"), 0] == pytest.approx((1 + 1 / 3) / 2, abs=1e-15)
    assert made.estimate[made.place("recall", "2"), 0] == pytest.approx((1 + 1 / 3) / 2, abs=1e-15)
    assert made.estimate[made.place("lift", "2"), 0] == pytest.approx(4 / 3, abs=1e-15)


def test_a_certain_and_wrong_forecast_has_a_finite_log_loss() -> None:
    """Forecasts of 0 and 1 count as 1e-15 from the end: one such error in two rows costs 15 ln(10) / 2."""
    made = bootstrap([1, 0], [[0.0], [0.0]], [1, 2], replicates=5, seed=1)

    assert made.estimate[made.place("log_loss"), 0] == pytest.approx(15 * np.log(10) / 2, abs=1e-12)


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
    few, many = (bootstrap(outcome, forecast, client, EVERYTHING, replicates=r, seed=5) for r in (70, 150))

    first = np.concatenate(list(client_weights(client, 150, 5)))[:70]

    np.testing.assert_array_equal(np.concatenate(list(client_weights(client, 70, 5))), first)
    np.testing.assert_allclose(few.draws, many.draws[:, :70], rtol=0, atol=1e-14)


def test_any_number_of_workers_gives_the_same_digits() -> None:
    """One, two and three threads give bit for bit the same draws; another seed gives others."""
    outcome, forecast, client = cohort(rows=2000, clients=500)
    one, two, three = (
        bootstrap(outcome, forecast, client, EVERYTHING, replicates=200, seed=5, workers=w) for w in (1, 2, 3)
    )
    other = bootstrap(outcome, forecast, client, EVERYTHING, replicates=200, seed=6)

    assert one.draws.tobytes() == two.draws.tobytes() == three.draws.tobytes()
    assert not np.array_equal(one.draws, other.draws)


def test_small_pieces_give_the_same_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    """How many replicates are handled at once, as for very long tables, does not change a number."""
    outcome, forecast, client = cohort()
    usual = bootstrap(outcome, forecast, client, EVERYTHING, replicates=20, seed=5)
    monkeypatch.setattr(module, "CELLS", 1)

    single = bootstrap(outcome, forecast, client, EVERYTHING, replicates=20, seed=5)

    np.testing.assert_allclose(single.draws, usual.draws, rtol=0, atol=1e-14)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32), rows=st.integers(6, 60), clients=st.integers(2, 20))
def test_the_order_of_rows_does_not_matter(seed: int, rows: int, clients: int) -> None:
    """Shuffled rows give the same estimates and draws: ties are split, not decided by position."""
    outcome, forecast, client = cohort(rows, clients, seed)
    outcome[:2] = [0, 1]
    order, wanted = np.random.default_rng(seed).permutation(rows), replace(EVERYTHING, numbers=(3,))

    made = bootstrap(outcome, forecast, client, wanted, replicates=10, seed=1)
    shuffled = bootstrap(outcome[order], forecast[order], client[order], wanted, replicates=10, seed=1)

    np.testing.assert_allclose(made.estimate, shuffled.estimate, rtol=0, atol=1e-12)
    np.testing.assert_allclose(made.draws, shuffled.draws, rtol=0, atol=1e-12)


def test_ranks_alone_decide_what_is_about_ranks() -> None:
    """A rising transformation leaves AUC, average precision and capacity measures as they are, bit for bit."""
    outcome, forecast, client = cohort()
    made, bent = (bootstrap(outcome, f, client, EVERYTHING, replicates=30, seed=2) for f in (forecast, forecast**3))

    ranked = [made.place(*measure) for measure in EVERYTHING.ranked]

    assert len(ranked) == 11
    np.testing.assert_array_equal(made.draws[ranked], bent.draws[ranked])


def test_the_outcome_itself_is_a_perfect_forecast() -> None:
    """AUC and average precision are 1, loss is 0 and net benefit is the prevalence, in every replicate."""
    outcome, _, client = cohort()
    made = bootstrap(outcome, outcome[:, None], client, EVERYTHING, replicates=20, seed=2)
    prevalence = [w @ outcome / w.sum() for w in np.concatenate(list(client_weights(client, 20, 2)))]

    perfect = {("auc",): 1, ("average_precision",): 1, ("brier",): 0, ("net_benefit", "0.1"): prevalence}
    for measure, value in perfect.items():
        np.testing.assert_allclose(made.draws[made.place(*measure), :, 0], value, rtol=0, atol=1e-14)


def test_replicates_with_one_class_are_left_out_and_counted() -> None:
    """Of two clients, one of each class, half of the replicates draw one twice; only the others are used."""
    made = bootstrap([0, 1], [[0.2], [0.7]], ["a", "b"], replicates=1000, seed=3)
    both = np.concatenate(list(client_weights(["a", "b"], 1000, 3))).max(axis=1) == 1

    np.testing.assert_array_equal(made.usable, both)
    assert np.isnan(made.draws[:, ~both]).all()
    assert not np.isnan(made.draws[:, both]).any()
    assert 450 < both.sum() < 550
    assert set(summarise(made, ["m"])["replicates"]) == {both.sum()}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"outcome": [0, 1, 2]}, r"outcome is not 0 or 1 in 1 row"),
        ({"outcome": [0, 0, 0]}, "one class only"),
        ({"probability": [[0.1], [np.nan], [1.2]]}, r"outside \[0, 1\] in 2 row"),
        ({"probability": [0.1, 0.2, 0.3]}, "must be"),
        ({"client": ["a", None, "b"]}, r"client is missing in 1 row"),
        ({"client": ["a", "b"]}, "client has 2 rows, outcome has 3"),
        ({"replicates": 0}, "at least 1"),
    ],
)
def test_what_cannot_be_measured_is_refused(change: dict[str, object], message: str) -> None:
    """Each wrong argument has its own error, with counts and without values of rows."""
    right = {"outcome": [0, 1, 1], "probability": [[0.1], [0.2], [0.3]], "client": ["a", "b", "c"], "seed": 1}

    with pytest.raises(ValueError, match=message):
        bootstrap(**(right | change))  # type: ignore[arg-type]


def test_inputs_stay_as_they_were() -> None:
    """Nothing handed in is changed."""
    given_arrays = cohort()
    kept = [array.copy() for array in given_arrays]

    bootstrap(*given_arrays, replicates=5, seed=1)

    for before, after in zip(kept, given_arrays, strict=True):
        np.testing.assert_array_equal(before, after)


@pytest.mark.parametrize(
    "few",
    [
        Wanted(("auc",)),
        Wanted(("log_loss",)),
        Wanted(("brier", "average_precision")),
        Wanted((), numbers=(7,)),
        Wanted((), thresholds=(0.1,)),
    ],
)
def test_a_measure_does_not_depend_on_what_else_is_wanted(few: Wanted) -> None:
    """Whatever is asked for alone equals what it is among all others, draw by draw, and nothing else is computed."""
    outcome, forecast, client = cohort()
    outcome[client > 2] = 0  # so few with the outcome that some replicates have none
    every = bootstrap(outcome, forecast, client, replace(EVERYTHING, numbers=(7,)), replicates=50, seed=1)

    made = bootstrap(outcome, forecast, client, few, replicates=50, seed=1)

    assert made.measures == few.measured
    places = [every.place(*measure) for measure in made.measures]
    np.testing.assert_allclose(made.estimate, every.estimate[places], rtol=0, atol=1e-14)
    np.testing.assert_allclose(made.draws, every.draws[places], rtol=0, atol=1e-14)
    assert 0 < made.usable.sum() < 50


def test_the_ranks_are_not_looked_at_for_a_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    """Log loss alone sorts nothing, and AUC alone sums up no losses."""
    monkeypatch.setattr(module, "make_ranking", None)
    bootstrap(*cohort(), Wanted(("log_loss",)), replicates=5, seed=1)
    monkeypatch.undo()
    monkeypatch.setattr(module, "_losses", None)
    bootstrap(*cohort(), Wanted(("auc",)), replicates=5, seed=1)


@pytest.mark.parametrize("weighted", [False, True])
def test_with_units_every_auc_is_the_mean_of_scikit_learns_within_them(weighted: bool) -> None:
    """On the sample and on each draw the AUC is the mean over units that hold both classes; other measures stay."""
    outcome, forecast, client = cohort()
    unit = np.arange(300) * 4 // 300 - 1  # the first quarter is of no unit
    weight = np.where(np.arange(300) % 7 == 0, 0.0, 1.5) if weighted else None
    rows = Rows(outcome, forecast, client, weight, unit)
    made, plain = (weighted_bootstrap(r, replicates=40, seed=5) for r in (rows, replace(rows, unit=None)))

    def within(count: np.ndarray, column: np.ndarray) -> float:
        count = count * (1.0 if weight is None else weight)
        parts = [(unit == name) & (count > 0) for name in range(3)]
        mixed = [part for part in parts if len(set(outcome[part])) == 2]
        return float(np.mean([roc_auc_score(outcome[p], column[p], sample_weight=count[p]) for p in mixed]))

    draws = np.concatenate(list(client_weights(client, 40, 5)))
    expected = [[within(count, column) for column in forecast.T] for count in draws]
    np.testing.assert_allclose(made.draws[made.place("auc")], expected, rtol=0, atol=1e-12)
    whole = [within(np.ones(300), column) for column in forecast.T]
    np.testing.assert_allclose(made.estimate[made.place("auc")], whole, rtol=0, atol=1e-12)
    assert np.abs(made.estimate[0] - plain.estimate[0]).max() > 1e-3
    np.testing.assert_array_equal(made.draws[1:], plain.draws[1:])


def test_a_unit_with_one_class_does_not_count() -> None:
    """Its pairs are none; where no unit has both classes there is no AUC to take a mean of."""
    outcome, forecast = np.array([0, 1, 0, 1, 1, 1]), np.array([[0.1], [0.2], [0.4], [0.3], [0.0], [0.9]])
    made = weighted_bootstrap(Rows(outcome, forecast, range(6), unit=[1, 1, 2, 2, 3, 3]), replicates=5, seed=1)
    assert made.estimate[made.place("auc"), 0] == 0.5
    with pytest.raises(ValueError, match="one class only within every unit"):
        weighted_bootstrap(Rows(outcome, forecast, range(6), unit=[1, 2, 1, 2, 2, 2]), replicates=5, seed=1)


@pytest.mark.parametrize("weighted", [False, True])
def test_many_rows_are_drawn_by_parts_of_the_clients(monkeypatch: pytest.MonkeyPatch, weighted: bool) -> None:
    """Estimates stay, and intervals of 400 draws are those of clients and rows up to a sixth of their width."""
    rng = np.random.default_rng(5)
    client = np.repeat(np.arange(6000), 2)
    log_odds = rng.normal(size=6000)[client] - 1
    outcome = (rng.random(12_000) < 1 / (1 + np.exp(-log_odds))).astype(int)
    forecast = 1 / (1 + np.exp(-log_odds[:, None] - rng.normal(size=(12_000, 2))))
    forecast[:, 1] = forecast[:, 1].round(1)  # ties, that no bin may cut
    rows = Rows(outcome, forecast, client, rng.choice([1.0, 2.5], 12_000) if weighted else None)
    wanted = Wanted(shares=(0.1,), numbers=(300,), thresholds=(0.2,))
    one_by_one = weighted_bootstrap(rows, wanted, replicates=400, seed=1)
    for name, value in {"MANY_ROWS": 10_000, "PARTS": 1000, "BINS": 200}.items():
        monkeypatch.setattr(module, name, value)
    by_parts = weighted_bootstrap(rows, wanted, replicates=400, seed=1)

    np.testing.assert_allclose(by_parts.estimate, one_by_one.estimate, rtol=1e-12, atol=0)
    ends, again = (np.quantile(made.draws, [0.05, 0.95], axis=1) for made in (one_by_one, by_parts))
    assert (np.abs(ends - again) / (ends[1] - ends[0])).max() < 1 / 6
    assert (by_parts.draws != one_by_one.draws).any()
    workers = weighted_bootstrap(rows, wanted, replicates=400, seed=1, workers=2)
    assert (workers.draws == by_parts.draws).all()
