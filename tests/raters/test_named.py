"""Optimism by caseworker."""

import numpy as np

from eriq.raters.named import named_optimism
from eriq.raters.variance import caseworker_share
from tests.raters.test_variance import drawn


def test_planted_optimism_lies_within_its_interval() -> None:
    """Of 20 times 300 caseworkers, 93.5 to 96.5 of a hundred intervals hold what was planted, also with few clients."""
    rng, held, few = np.random.default_rng(3), [], []
    for _ in range(20):
        answer, who, optimism = drawn(rng, 0.15)
        table = named_optimism(caseworker_share(answer, who), 300, 5).table
        truth = optimism[table["caseworker_id"].astype(int)] - optimism.mean()
        held.append((table["low"] <= truth) & (truth <= table["high"]))
        few.append(table["n"] < 12)
    assert len(table) == 300
    assert 0.935 <= np.mean(held) <= 0.965
    assert 0.93 <= np.concatenate(held)[np.concatenate(few)].mean() <= 0.97
    width = table["high"] - table["low"]
    assert width[few[-1]].mean() > width[~few[-1]].mean()


def test_nobody_is_ranked_and_few_clients_name_nobody() -> None:
    """Rows are in order of ids, not of optimism; who has fewer clients than asked for is left out, and counted."""
    answer, who, _ = drawn(np.random.default_rng(3), 0.15)
    named = named_optimism(caseworker_share(answer, who), 300, 20)
    assert named.table["caseworker_id"].is_monotonic_increasing
    assert not named.table["estimate"].is_monotonic_increasing
    assert named.table["n"].min() == 20
    assert named.left_out == 300 - len(named.table) == (np.unique(who, return_counts=True)[1] < 20).sum()


def test_where_caseworkers_do_not_differ_there_is_no_table() -> None:
    """Not shown to differ, or too few: words and no row; nothing of it is in what Python prints."""
    answer, who, _ = drawn(np.random.default_rng(5), 0.0)
    alike = named_optimism(caseworker_share(answer, who), 300, 5)
    assert alike.table.empty
    assert "was not shown" in alike.why_not
    few = named_optimism(caseworker_share(answer[:40], who[:40]), 3, 5)
    assert few.table.empty
    assert few.why_not
    shown = caseworker_share(*drawn(np.random.default_rng(3), 0.15)[:2])
    assert "299" not in repr(shown)
    assert "array" not in repr(shown) + repr(named_optimism(shown, 300, 5))
