"""What may leave the building."""

import pandas as pd
import pytest

from eriq.disclosure import MIN_PEOPLE, count_words, hide_parts, publishable, suppress_small


@pytest.mark.parametrize(("n", "shown"), [(4, False), (5, True), (6, True), (None, False)])
def test_the_threshold_is_five_people(n: int | None, shown: bool) -> None:
    """4 and unknown are blanked, 5 and 6 stay; words stay in any case."""
    table = pd.DataFrame({"group": ["a"], "n": pd.array([n], dtype="Int64"), "share": [0.25]})
    cleared = suppress_small(table)
    assert cleared["share"].notna().tolist() == [shown]
    assert cleared["group"].tolist() == ["a"]
    assert table["share"].tolist() == [0.25]
    assert MIN_PEOPLE == 5


def test_hidden_parts_leave_room_for_doubt() -> None:
    """1 and 2 beside their sum would leave two guesses, so 30 goes as well; no small part, nothing hidden."""
    assert hide_parts([1, 2, 30, 400]) == (["<5", "<5", "withheld", "400"], True)
    assert hide_parts([1, 2]) == (["<5", "<5"], False)
    assert hide_parts([5, 6]) == (["5", "6"], True)
    assert [count_words(n) for n in (0, 1, 4, 5)] == ["0", "<5", "<5", "5"]


def test_two_blanks_that_hold_seven_are_too_few() -> None:
    """7 left for two blanks below 5 could only be 3 and 4, so 40 goes as well; 10 left for two are enough."""
    assert hide_parts([3, 4, 40]) == (["<5", "<5", "withheld"], True)
    assert hide_parts([4, 6, 40]) == (["<5", "withheld", "40"], True)


def test_every_table_is_cleared_by_what_its_rows_rest_on() -> None:
    """Four people hide a mean and an AUC, not the level that puts answers in order; a table without counts stays."""
    dependence = pd.DataFrame({"level": [0.0, 1.0], "n": [4, 5], "contribution": [0.1, 0.2]})
    assert publishable("dependence", dependence)["contribution"].isna().tolist() == [True, False]
    assert publishable("dependence", dependence)["level"].tolist() == [0, 1]
    designs = pd.DataFrame({"design": ["a", "b"], "auc": [0.6, 0.7], "clients": [4, 5]})
    assert publishable("designs", designs)["auc"].isna().tolist() == [True, False]
    measures = pd.DataFrame({"measure": ["auc"], "estimate": [0.7]})
    pd.testing.assert_frame_equal(publishable("measures", measures), measures)


@pytest.mark.parametrize(("other", "kept"), [((160, 20), 2), ((154, 20), 1), ((160, 24), 1), ((150, 20), 2)])
def test_a_count_by_another_rule_may_not_differ_by_a_few(other: tuple[int, int], kept: int) -> None:
    """150 rows and 20 events beside 160 and 20 stay; four rows or four events more would be counted by subtraction."""
    table = pd.DataFrame({"left": ["no_entry", "censored"], "rows": [150, other[0]], "events": [20, other[1]]})
    assert len(publishable("left_rules", table)) == kept


@pytest.mark.parametrize(
    ("fewest", "shown"),
    [
        ([40, 50, 60], [True, True, True]),
        ([4, 50, 60], [False, False, True]),  # the total less the others would be the four
        ([0, 50, 60], [False, False, True]),  # nobody with the outcome: everybody there is known not to have it
        ([4, 6, 60], [False, False, True]),
        ([4, 5], [False, False]),
    ],
)
def test_a_small_part_of_a_design_hides_another_one(fewest: list[int], shown: list[bool]) -> None:
    """A centre with fewer than five people with the outcome is blank in all its rows, and a second one with it."""
    folds = [f"centre {k}" for k in range(len(fewest))]
    table = pd.DataFrame({"design": "centres", "fold": folds, "fewest": fewest, "rows": 900, "estimate": 0.7})
    table = pd.concat([table, table.assign(estimate=0.6), table.assign(design="periods", fewest=99)])
    cleared = publishable("by_fold", table)
    mine = cleared[cleared["design"] == "centres"]
    assert mine["estimate"].notna().tolist() == mine["rows"].notna().tolist() == shown * 2
    assert mine["fewest"].notna().tolist() == shown * 2
    assert cleared.loc[cleared["design"] == "periods", "estimate"].notna().all()
    assert publishable("by_fold", table.head(0)).empty


def strata(*lines: tuple[int, int, int]) -> pd.DataFrame:
    """Return weights by stratum from (rows, known, followed), with their total below if there are several."""
    total = [tuple(map(sum, zip(*lines, strict=True)))] if len(lines) > 1 else []
    frame = pd.DataFrame([*lines, *total], columns=["rows", "known", "followed"])
    return frame.assign(stratum=[str(k) for k in range(len(frame))], left_out=0, cut=3, rate=0.2)


@pytest.mark.parametrize(
    ("lines", "shown"),
    [
        ([(100, 60, 50)], [True]),
        ([(100, 60, 57)], [False]),
        ([(100, 60, 60), (80, 80, 70)], [True, True, True]),
        ([(100, 60, 50), (4, 4, 4), (90, 50, 40)], [True, False, False, True]),
        ([(100, 60, 50), (90, 50, 48), (300, 200, 100)], [False, False, True, True]),
        ([(100, 60, 50), (90, 88, 80)], [False, False, True]),
        ([(100, 60, 60), (90, 88, 80)], [False, False, False]),
    ],
)
def test_counts_within_one_another_and_their_total(lines: list[tuple[int, int, int]], shown: list[bool]) -> None:
    """What lies between two counts counts people too; one hidden line takes the next smallest with it, or all."""
    made = publishable("censoring", strata(*lines))
    assert made["rows"].notna().tolist() == shown
    assert made["rate"].notna().tolist() == shown
    assert made["cut"].isna().all()
    assert made["stratum"].notna().all()


def groups(column: str, people: list[int], with_: list[int]) -> pd.DataFrame:
    """Return a table of groups of one column, with twice as many rows as people."""
    made = pd.DataFrame({"column": column, "group": [*"abcd"[: len(people)]], "people": people, "people_with": with_})
    return made.assign(people_without=made["people"], rows=2 * made["people"], events=made["people_with"], share=0.2)


@pytest.mark.parametrize(
    ("column", "people", "with_", "shown"),
    [
        ("sex", [90, 60, 40], [9, 6, 5], [True, True, True]),
        ("sex", [90, 60, 3], [9, 7, 0], [True, False, False]),
        ("sex", [90, 60, 40], [9, 6, 4], [True, False, False]),
        ("sex", [90, 60, 40], [9, 6, 0], [True, True, True]),
        ("sex x age", [90, 60, 40, 3], [9, 6, 5, 0], [False] * 4),
    ],
)
def test_counts_of_groups_give_no_handful_away(
    column: str, people: list[int], with_: list[int], shown: list[bool]
) -> None:
    """A small group, or few people with the outcome, takes the next smallest with it; where columns cross, all."""
    whole = groups(column, people, with_)
    cleared = publishable("groups", pd.concat([whole, groups("arm", [50, 50], [10, 10])], ignore_index=True))
    assert cleared["people"].notna().tolist() == [*shown, True, True]
    assert cleared[["rows", "events"]].notna().all(axis="columns").tolist() == [*shown, True, True]
    small = [0 < min(n, k or n) < 5 for n, k in zip(people, with_, strict=True)]
    assert cleared["share"].isna().tolist() == [*small, False, False]
