"""Whether an item means the same in every group."""

import numpy as np
import pandas as pd
import pytest

from eriq.psychometrics.dif import LARGE, MUCH, NONE, OPEN, differential
from eriq.psychometrics.scales import Scale
from tests.psychometrics.conftest import ITEMS


def by_group(answers: pd.DataFrame, items: tuple[str, ...] = ITEMS[:4]) -> pd.DataFrame:
    groups = pd.Series(np.arange(len(answers)) % 2, name="sex").map({0: "female", 1: "male"})
    return differential(answers, Scale("x", items), groups, np.random.default_rng(1)).set_index("item")


def test_effect_and_p_are_those_of_r(answers_r: pd.DataFrame, by_r: dict[str, float]) -> None:
    """Nested proportional-odds regressions give the R2 gain and the likelihood ratio of MASS::polr."""
    up = (np.arange(1, 401) % 3 == 0) & (np.arange(400) % 2 == 1)
    moved = answers_r.assign(q1=(answers_r["q1"] + up).clip(upper=4))
    found = by_group(moved, ITEMS)
    assert found.loc["q1", "effect"] == pytest.approx(by_r["dif_effect"], abs=1e-5)
    assert found.loc["q1", "p"] == pytest.approx(min(1.0, 9 * by_r["dif_p"]), abs=1e-4)


def test_a_planted_difference_is_found_where_it_is(answers_r: pd.DataFrame) -> None:
    """An item that men answer a level and a half higher is the large one, and the direction is told."""
    up = np.where(np.arange(400) % 2 == 1, 1.5, 0)
    found = by_group(answers_r.assign(q2=np.round(answers_r["q2"] + up + 0.01)))
    assert found.loc["q2", ["verdict", "easier_in", "harder_in"]].tolist() == [MUCH, "male", "female"]
    assert found.loc["q2", "effect"] > LARGE
    assert found.loc["q1", "effect"] < found.loc["q2", "effect"] / 2


def test_no_difference_is_shown_where_none_is(answers_r: pd.DataFrame) -> None:
    """Answers that know nothing of the group are judged so, without a direction."""
    found = by_group(answers_r)
    assert set(found["verdict"]) == {NONE}
    assert set(found["easier_in"]) == {""}


def test_small_groups_are_not_assessed(answers_r: pd.DataFrame) -> None:
    """Fewer than 100 people in a group, or an item without variation: the reason and no number."""
    for answers in (answers_r.head(150), answers_r.assign(q1=1.0)):
        found = by_group(answers)
        assert set(found["verdict"]) == {OPEN}
        assert found[["effect", "p"]].isna().all(axis=None)
        assert (found["why"] != "").all()
