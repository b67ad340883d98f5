"""How people answered."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from eriq.psychometrics.responses import (
    ALIKE,
    DIFFERS,
    UNSAID,
    holm_of,
    level_use,
    longest_run,
    missing_by_group,
    missing_patterns,
    response_quality,
)

BFI = Path(__file__).parents[3] / "shared" / "data" / "bfi_items.csv"
HALVES = {"caseworker": ["a", "b"], "client": ["c", "d"]}


@pytest.mark.skipif(not BFI.is_file(), reason="the public data set is not part of eriq")
def test_careless_cases_of_the_bfi_items_are_found() -> None:
    """Of 2,436 complete rows 0.86 % have a run of eight, 4 are straight lines, 2 repeat another; the longest is 25."""
    items = [f"{letter}{n}" for letter in "ACENO" for n in range(1, 6)]
    codes = pd.read_csv(BFI)[items].astype("float64")
    found = response_quality(codes, {"all": items}).set_index("measure")
    assert found.loc["long_run", "n"] == 2436
    assert round(100 * found.loc["long_run", "share"], 2) == 0.86
    assert found.loc[["straight_line", "repeated_vector"], "people_with"].tolist() == [4, 2]
    assert longest_run(codes.dropna().to_numpy()).max() == 25


def test_haste_is_told_where_times_are_known() -> None:
    """Three of four who took less than 2 seconds a question; without times there is no number."""
    codes = pd.DataFrame(np.tile([[1.0], [2.0], [3.0], [4.0]], 4), columns=list("abcd"))
    found = response_quality(codes, HALVES, {"client": pd.Series([1.0, 3.9, 2.0, 4.0])})
    hasty = found[found["measure"] == "hasty"].set_index("half")
    assert hasty.loc["client", ["n", "people_with", "share"]].tolist() == [4, 3, 0.75]
    assert hasty.loc["caseworker", "why"] == "times are not known"
    assert pd.isna(hasty.loc["caseworker", "share"])
    short = found[found["measure"] == "long_run"]
    assert set(short["why"]) == {"fewer than 8 questions"}


def test_patterns_of_gaps_are_named() -> None:
    """A half that is missing wholly, single questions, and nothing, the most frequent first."""
    gap = np.nan
    codes = pd.DataFrame({"a": [1, 1, 1, gap], "b": [1, 1, 1, 1], "c": [1, 1, gap, gap], "d": [1, 1, gap, 1]})
    found = missing_patterns(codes, HALVES)
    assert dict(zip(found["unanswered"], found["n"], strict=True)) == {
        "nothing": 2,
        "all of the client": 1,
        "a; c": 1,
    }


def test_gaps_that_differ_by_arm_are_pointed_out() -> None:
    """One arm leaves a third of the client's questions out, the other none; the caseworker's half is alike."""
    arm = pd.Series(["one", "two"] * 50)
    gaps = np.where((arm == "one") & (np.arange(100) % 3 == 0), np.nan, 1.0)
    codes = pd.DataFrame({"a": 1.0, "b": 1.0, "c": gaps, "d": gaps})
    found = missing_by_group(codes, HALVES, pd.DataFrame({"arm": arm})).set_index(["half", "group"])
    assert set(found.loc["client", "verdict"]) == {DIFFERS}
    assert set(found.loc["caseworker", "verdict"]) == {ALIKE}
    assert found.loc[("client", "one"), "unanswered"] == pytest.approx(17 / 50)
    one = found.loc[("client", "one")]
    assert one["difference"] == pytest.approx(17 / 50)
    assert 0.19 < one["low"] < 0.21 < 0.47 < one["high"] < 0.49
    assert found.loc[("client", "two"), "difference"] == pytest.approx(-17 / 50)
    assert found.loc[("client", "two"), "p"] == pytest.approx(one["p"])
    few = missing_by_group(codes.head(40), HALVES, pd.DataFrame({"arm": arm.head(40)}))
    assert set(few["verdict"]) == {UNSAID}


def test_use_of_levels_counts_what_nobody_chose() -> None:
    """Each level stands with its count, zero as well."""
    found = level_use(pd.DataFrame({"a": [1.0, 1.0, 3.0, np.nan]}), {"a": [1, 2, 3]})
    assert found["n"].tolist() == [2, 0, 1]
    assert found["share"].tolist() == pytest.approx([2 / 3, 0, 1 / 3])


def test_the_group_that_leaves_questions_out_is_the_one_that_is_named() -> None:
    """Of four groups one leaves half of its questions out: it differs, and the others are not called so for that."""
    rng = np.random.default_rng(1)
    group = pd.Series(np.tile(list("wxyz"), 60))
    gone = (group == "z").to_numpy() & (rng.random(240) < 0.5)
    noise = rng.random((240, 2)) < 0.1
    codes = pd.DataFrame({"a": 1.0, "b": 1.0, "c": np.where(gone | noise[:, 0], np.nan, 1.0)})
    codes["d"] = np.where(gone | noise[:, 1], np.nan, 1.0)
    found = missing_by_group(codes, HALVES, pd.DataFrame({"centre": group})).set_index(["half", "group"])
    z = found.loc[("client", "z")]
    assert z["verdict"] == DIFFERS
    assert z["low"] < 0.45 < z["high"]
    assert (found["difference"].abs() < 0.3).drop([("client", "z")]).all()
    assert set(found.loc["caseworker", "verdict"]) == {ALIKE}
    assert found.loc["caseworker", "p"].eq(1).all()


def test_p_values_are_held_to_the_tests_that_are_made() -> None:
    """Two groups are one test in each half, three are three."""
    p = pd.Series([0.02, 0.02, 0.3, 0.3])
    assert holm_of(p, twice=True).tolist() == pytest.approx([0.04, 0.04, 0.3, 0.3])
    assert holm_of(p, twice=False).tolist() == pytest.approx([0.08, 0.08, 0.6, 0.6])
