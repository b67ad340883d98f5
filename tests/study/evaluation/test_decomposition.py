"""Shapley values of blocks: by hand, by their axioms, and from bootstrap draws."""

from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eriq.study.evaluation.bootstrap import Replicates, bootstrap
from eriq.study.evaluation.decomposition import decompose, shapley
from eriq.study.evaluation.intervals import differences
from eriq.study.evaluation.wanted import Measure

BLOCKS = ("belief", "caseworker", "client", "register")


def subsets(blocks: tuple[str, ...]) -> list[frozenset[str]]:
    """Return all subsets, the empty one first."""
    return [frozenset(some) for size in range(len(blocks) + 1) for some in combinations(blocks, size)]


def random_worth(seed: int, replicates: int = 3) -> dict[frozenset[str], np.ndarray]:
    """Return a value per replicate for each subset of `BLOCKS`."""
    rng = np.random.default_rng(seed)
    return {subset: rng.normal(size=replicates) for subset in subsets(BLOCKS)}


def test_two_blocks_by_hand() -> None:
    """The client block adds 0.1 first or 0.05 last, register 0.2 or 0.15: means 0.075 and 0.175, in all 0.25."""
    worth = dict(zip(subsets(("client", "register")), (0.5, 0.6, 0.7, 0.75), strict=True))

    gains = shapley(("client", "register"), worth)

    assert float(gains["client"]) == pytest.approx(0.075)
    assert float(gains["register"]) == pytest.approx(0.175)


def test_four_blocks_equal_the_mean_over_all_24_orders() -> None:
    """The weighted sum over subsets is the mean gain over every order of adding the blocks."""
    worth = random_worth(1)
    expected = {block: np.zeros(3) for block in BLOCKS}
    for order in permutations(BLOCKS):
        for position, block in enumerate(order):
            before = frozenset(order[:position])
            expected[block] += (worth[before | {block}] - worth[before]) / 24

    for block, gain in shapley(BLOCKS, worth).items():
        np.testing.assert_allclose(gain, expected[block], rtol=0, atol=1e-14)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_gains_add_up_to_everything_less_nothing(seed: int) -> None:
    """In every replicate the values sum to full minus empty."""
    worth = random_worth(seed)

    total = sum(shapley(BLOCKS, worth).values())

    np.testing.assert_allclose(total, worth[frozenset(BLOCKS)] - worth[frozenset()], rtol=0, atol=1e-13)


def test_a_block_that_changes_nothing_gets_exactly_nothing() -> None:
    """If the value never depends on the client block, its gain is 0 to the last digit."""
    worth = random_worth(2)
    blind = {subset: worth[subset - {"client"}] for subset in worth}

    np.testing.assert_array_equal(shapley(BLOCKS, blind)["client"], 0)


def test_names_and_order_of_blocks_do_not_matter() -> None:
    """Swapping two blocks in the values swaps their gains; blocks that act alike get the same."""
    worth = random_worth(3)
    swap = {"belief": "client", "client": "belief"}
    swapped = {frozenset(swap.get(b, b) for b in subset): v for subset, v in worth.items()}
    alike = {subset: np.float64(len(subset) ** 2) for subset in worth}

    gains, other = shapley(BLOCKS, worth), shapley(BLOCKS[::-1], swapped)

    np.testing.assert_allclose(gains["belief"], other["client"], rtol=0, atol=1e-14)
    np.testing.assert_allclose(gains["register"], other["register"], rtol=0, atol=1e-14)
    assert [float(v) for v in shapley(BLOCKS, alike).values()] == pytest.approx([4, 4, 4, 4])


def test_a_missing_subset_is_counted() -> None:
    """Fifteen of sixteen values are not enough, and a block can be named once only."""
    worth = random_worth(4)
    del worth[frozenset({"client", "belief"})]

    with pytest.raises(ValueError, match="1 of the 16 subsets"):
        shapley(BLOCKS, worth)
    with pytest.raises(ValueError, match="twice"):
        shapley(("client", "client"), worth)


NAMES = ("nobody", "client", "register", "both")
BY_SUBSET = dict(zip(subsets(("client", "register")), NAMES, strict=True))


def test_a_lower_loss_is_a_gain() -> None:
    """Log loss falls by 0.1 and 0.2 alone and by 0.3 together: gains of 0.1 and 0.2, as for an AUC that rises."""
    loss = np.array([0.6, 0.5, 0.4, 0.3])
    draws = loss + np.zeros((5, 4))
    made = Replicates((Measure("log_loss"), Measure("auc")), np.stack([loss, 1 - loss]), np.stack([draws, 1 - draws]))

    for measure in made.measures:
        table = decompose(made, NAMES, BY_SUBSET, measure.name)
        assert table.columns.tolist() == ["block", "measure", "estimate", "low", "high"]
        assert table["block"].tolist() == ["client", "register"]
        np.testing.assert_allclose(table[["estimate", "low", "high"]], [[0.1] * 3, [0.2] * 3], atol=1e-12)


def test_intervals_come_from_the_paired_draws() -> None:
    """With one block, gain and interval are the paired difference of two contenders, over the usable draws."""
    outcome = [0, 1, 0, 1, 1, 0]
    forecast = np.array([[0.5, 0.2], [0.5, 0.7], [0.5, 0.6], [0.5, 0.6], [0.5, 0.3], [0.5, 0.1]])
    made = bootstrap(outcome, forecast, [1, 2, 3, 4, 5, 6], replicates=300, seed=1)
    assert 0 < made.usable.sum() < 300

    table = decompose(made, ["nobody", "client"], {frozenset(): "nobody", frozenset({"client"}): "client"}, level=0.8)
    paired = differences(made, ["nobody", "client"], "nobody", level=0.8).query("measure == 'auc'")

    np.testing.assert_allclose(table[["estimate", "low", "high"]], paired[["estimate", "low", "high"]], atol=1e-14)


def test_the_sample_is_not_one_of_its_draws() -> None:
    """The estimate of 9 lies far outside draws of 0, 1 and 2, whose 50 % interval runs from 0.5 to 1.5."""
    made = Replicates((Measure("auc"),), np.array([[0.0, 9.0]]), np.array([[[0.0, 0.0], [0.0, 1.0], [0.0, 2.0]]]))

    table = decompose(made, ["nobody", "client"], {frozenset(): "nobody", frozenset({"client"}): "client"}, level=0.5)

    assert table[["estimate", "low", "high"]].to_numpy().tolist() == [[9.0, 0.5, 1.5]]


def test_contenders_that_are_not_there_are_refused() -> None:
    """A subset whose contender is unknown, a wrong number of names and an unknown measure are errors."""
    made = Replicates((Measure("auc"),), np.ones((1, 4)), np.ones((1, 5, 4)))

    with pytest.raises(ValueError, match=r"1 subset\(s\) name a contender"):
        decompose(made, ("nobody", "client", "register", "all"), BY_SUBSET)
    with pytest.raises(ValueError, match="4 names are needed, got 2"):
        decompose(made, ("nobody", "client"), BY_SUBSET)
    with pytest.raises(ValueError, match="brier was not computed"):
        decompose(made, NAMES, BY_SUBSET, "brier")
