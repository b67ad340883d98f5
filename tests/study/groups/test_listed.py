"""What a list of limited length reaches, with the declared contender and without."""

from dataclasses import replace

import numpy as np
import pytest

from eriq.config import Experiment
from eriq.study.evaluation.forecasts import Forecasts
from eriq.study.evaluation.intervals import summarise
from eriq.study.evaluation.wanted import Wanted
from eriq.study.groups.listed import listed
from tests.study.groups.world import asked, people

PAIR = ("with", "without")


@pytest.fixture(scope="module")
def forecasts() -> Forecasts:
    known, _ = people(300, 3)
    noise = np.random.default_rng(5).normal(size=len(known.outcome))
    return replace(known, names=PAIR, log_odds=np.column_stack([known.log_odds[:, 0], noise]))


def with_room(number: int, **groups: object) -> Experiment:
    plan = asked(200, **groups)
    return plan.model_copy(update={"capacity": plan.capacity.model_copy(update={"numbers": (number,)})})


def test_counts_are_those_of_the_rows_on_the_list(forecasts: Forecasts) -> None:
    """Of the 60 highest so many had the outcome; the difference is that of the two; lot gives the overall rate."""
    table = listed(forecasts, PAIR, with_room(60)).set_index("contender", drop=False)
    for place, name in enumerate(PAIR):
        top = np.argsort(-forecasts.log_odds[:, place])[:60]
        row = table[(table["contender"] == name) & table["baseline"].isna()].iloc[0]
        assert row["estimate"] == pytest.approx(forecasts.outcome[top].sum())
        assert row["people"] == len(np.unique(forecasts.client[top]))
        assert row["low"] < row["estimate"] < row["high"]
    gap = table[table["baseline"].notna()].iloc[0]
    own = table[table["baseline"].isna()]["estimate"]
    assert gap["estimate"] == pytest.approx(own["with"] - own["without"])
    assert own["by lot"] == pytest.approx(60 * forecasts.outcome.mean())


def test_the_interval_is_that_of_precision_in_the_other_tables(forecasts: Forecasts) -> None:
    """Same draws of clients, so that a page tells one number."""
    made = forecasts.bootstrap(Wanted((), numbers=(60,)), replicates=200, seed=1)
    table = summarise(made, PAIR, 0.95)
    precision = table[(table["measure"] == "precision") & (table["contender"] == "with")].iloc[0]
    row = listed(forecasts, PAIR, with_room(60)).iloc[0]
    assert [row[end] for end in ("estimate", "low", "high")] == pytest.approx(
        [60 * precision[end] for end in ("estimate", "low", "high")]
    )


@pytest.mark.parametrize("pick", ["lowest", "middle"])
def test_from_elsewhere_those_without_the_outcome_count(forecasts: Forecasts, pick: str) -> None:
    """The lowest, or the middle, of the ranking, and who did not have the outcome."""
    row = listed(forecasts, PAIR, with_room(40, pick=pick)).iloc[0]
    order = np.argsort(forecasts.log_odds[:, 0])
    middle = (len(order) - 40) // 2
    chosen = order[:40] if pick == "lowest" else order[middle : middle + 40]
    assert row["pick"] == pick
    assert row["estimate"] == pytest.approx((1 - forecasts.outcome[chosen]).sum(), abs=1)


def test_a_declared_share_comes_before_the_first_number_of_places(forecasts: Forecasts) -> None:
    """groups.share says how long the list is; without it the first of capacity.numbers, then the middle share."""
    rows = len(forecasts.outcome)
    assert listed(forecasts, PAIR, with_room(60, share=0.25))["places"].iloc[0] == round(rows * 0.25)
    assert listed(forecasts, PAIR, asked(50))["places"].iloc[0] == round(rows * 0.10)
    cut = listed(forecasts, PAIR, with_room(60, thresholds=[0.3]))["places"].iloc[0]
    assert cut == (forecasts.probability[:, 0] >= 0.3).sum()


def test_weights_count_on_the_list(forecasts: Forecasts) -> None:
    """A row of weight 2 takes two places: with all weights 2, half as many rows fill the list."""
    double = replace(forecasts, weights=np.full(len(forecasts.outcome), 2.0))
    row = listed(double, PAIR, with_room(60)).iloc[0]
    top = np.argsort(-forecasts.log_odds[:, 0])[:30]
    assert row["estimate"] == pytest.approx(2 * forecasts.outcome[top].sum())


def test_what_it_rests_on_is_the_fewest(forecasts: Forecasts) -> None:
    """Cases on the list or others on it; the difference rests on the fewer of two lists."""
    table = listed(forecasts, PAIR, with_room(60))
    cases = table["estimate"].to_numpy()[:2]
    fewest = np.minimum(cases, 60 - cases).round()
    assert table["fewest"].tolist()[:3] == [*fewest, fewest.min()]
