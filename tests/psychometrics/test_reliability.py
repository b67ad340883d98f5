"""How well the items of a scale hold together."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from eriq.psychometrics.models import factors_of
from eriq.psychometrics.reliability import (
    correlation_of,
    cronbach_alpha,
    item_statistics,
    omega_hierarchical,
    omega_total,
    pairwise_covariance,
    reliability,
)
from eriq.psychometrics.scales import Scale
from tests.psychometrics.conftest import ITEMS

BFI = Path(__file__).parents[3] / "shared" / "data" / "bfi_items.csv"
REVERSED = ["A1", "C4", "C5", "E1", "E2", "O2", "O5"]
PUBLISHED = {"A": (0.703, 0.716), "C": (0.727, 0.737), "E": (0.762, 0.765), "N": (0.814, 0.817), "O": (0.600, 0.608)}


@pytest.mark.skipif(not BFI.is_file(), reason="the public data set is not part of eriq")
@pytest.mark.parametrize("trait", PUBLISHED)
def test_alphas_of_the_bfi_items_are_the_published_ones(trait: str) -> None:
    """Five public scales: alpha to three digits, on pairs of answers and on complete rows."""
    bfi = pd.read_csv(BFI).astype("float64")
    bfi[REVERSED] = 7 - bfi[REVERSED]
    every = [f"{letter}{n}" for letter in PUBLISHED for n in range(1, 6)]
    items = [f"{trait}{n}" for n in range(1, 6)]
    found = [cronbach_alpha(pairwise_covariance(t[items].to_numpy())) for t in (bfi, bfi.dropna(subset=every))]
    assert found == pytest.approx(PUBLISHED[trait], abs=0.0005)


def test_alpha_and_omegas_are_those_of_r(answers_r: pd.DataFrame, by_r: dict[str, float]) -> None:
    """Alpha to nine digits, omega total and hierarchical (three promax factors, Schmid-Leiman) to five."""
    covariance = pairwise_covariance(answers_r[list(ITEMS)].to_numpy())
    correlations = correlation_of(covariance)
    three, one = factors_of(correlations, 3), factors_of(correlations, 1)
    assert three is not None
    assert one is not None
    assert cronbach_alpha(covariance) == pytest.approx(by_r["alpha"], abs=1e-9)
    assert omega_total(correlations, three) == pytest.approx(by_r["omega_total"], abs=1e-5)
    assert omega_hierarchical(correlations, three) == pytest.approx(by_r["omega_hierarchical"], abs=1e-5)
    assert omega_total(correlations, one) == pytest.approx(by_r["omega_one_factor"], abs=1e-5)


def test_weights_are_rows_that_count_more_often(answers_r: pd.DataFrame) -> None:
    """A row with weight 2 gives the covariances of a table that has it twice, with gaps as well."""
    values = answers_r[list(ITEMS)].to_numpy()[:40].copy()
    values[3, 2] = np.nan
    weights = np.arange(40) % 3
    twice = np.repeat(values, weights, axis=0)
    assert pairwise_covariance(values, weights.astype(float)) == pytest.approx(pairwise_covariance(twice))
    assert pairwise_covariance(twice) == pytest.approx(pd.DataFrame(twice).cov().to_numpy(), abs=0.02)


def test_intervals_hold_the_estimate(answers_r: pd.DataFrame) -> None:
    """Nine items give alpha and both omegas, each inside its interval, which is not a point."""
    table = reliability(answers_r, Scale("x", ITEMS), np.random.default_rng(1), 30)
    assert table["measure"].tolist() == ["alpha", "omega_total", "omega_hierarchical"]
    assert ((table["low"] < table["estimate"]) & (table["estimate"] < table["high"])).all()


@pytest.mark.parametrize(
    ("rows", "items", "constant", "why"),
    [
        (20, ITEMS, False, ["fewer than 30 people answered"] * 3),
        (60, ITEMS, False, ["", *["fewer than 100 people answered"] * 2]),
        (400, ITEMS, True, ["nobody varies on q1"] * 3),
        (400, ITEMS[:2], False, ["", *["a factor needs three items"] * 2]),
        (400, ITEMS[:4], False, ["", "", "a general factor needs 6 items"]),
    ],
)
def test_what_cannot_be_assessed_has_its_reason_and_no_number(
    answers_r: pd.DataFrame, rows: int, items: tuple[str, ...], constant: bool, why: list[str]
) -> None:
    """Too few people, an item nobody varies on, too few items for a factor: a reason stands in place of a number."""
    answers = answers_r.head(rows).assign(**({"q1": 2.0} if constant else {}))
    table = reliability(answers, Scale("x", items), np.random.default_rng(1), 3)
    assert table["why"].tolist() == why
    assert (table["estimate"].isna() == (table["why"] != "")).all()
    assert (table["low"].isna() == (table["why"] != "")).all()


def test_what_an_item_does_in_its_scale(answers_r: pd.DataFrame) -> None:
    """Difficulty is a share of the highest place; without a good item alpha is lower; an unused level is counted."""
    mine = answers_r.assign(q9=answers_r["q9"].clip(upper=3))
    table = item_statistics(mine, Scale("x", ITEMS), dict.fromkeys(ITEMS, 5)).set_index("item")
    assert table.loc["q1", "difficulty"] == pytest.approx(mine["q1"].mean() / 4)
    rest = mine[list(ITEMS[1:])]
    assert table.loc["q1", "item_total"] == pytest.approx(mine["q1"].corr(rest.sum(axis=1)))
    assert table.loc["q1", "alpha_without"] == pytest.approx(cronbach_alpha(rest.cov().to_numpy()))
    assert table["levels_used"].tolist() == [5] * 8 + [4]
    few = item_statistics(mine.head(9), Scale("x", ITEMS), dict.fromkeys(ITEMS, 5))
    assert few[["difficulty", "sd", "item_total", "alpha_without"]].isna().all(axis=None)
