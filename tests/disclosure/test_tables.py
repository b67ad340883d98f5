"""What may leave the building."""

import pandas as pd
import pytest

from eriq.disclosure import MIN_PEOPLE, Release, in_force, publishable, publishable_all


@pytest.mark.parametrize(("n", "shown"), [(4, False), (5, True), (6, True), (None, False)])
def test_the_threshold_is_five_people(n: int | None, shown: bool) -> None:
    """4 and unknown are blanked, 5 and 6 stay; words stay in any case."""
    table = pd.DataFrame({"group": ["a"], "n": pd.array([n], dtype="Int64"), "share": [0.25]})
    cleared = publishable("calibration_bins", table)
    assert cleared["share"].notna().tolist() == [shown]
    assert cleared["group"].tolist() == ["a"]
    assert table["share"].tolist() == [0.25]
    assert MIN_PEOPLE == 5


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


def lists(*lines: tuple[str, str, float]) -> pd.DataFrame:
    """Return precision and recall of lists from (contender, at, precision)."""
    made = pd.DataFrame(lines, columns=["contender", "at", "estimate"]).assign(low=0.1, high=0.9)
    return pd.concat([made.assign(measure="precision"), made.assign(measure="recall", estimate=0.5)], ignore_index=True)


@pytest.mark.parametrize(
    ("at", "precision", "shown"),
    [
        ("3", 1.0, False),  # three people picked
        ("0.4%", 1.0, False),  # the same of 800
        ("40", 0.1, False),  # four of those picked have the outcome
        ("40", 0.9, False),  # four have it not
        ("40", 0.0, True),
        ("40", 0.5, True),
        ("5%", 0.125, True),
    ],
)
def test_a_list_of_few_people_is_not_told(at: str, precision: float, shown: bool) -> None:
    """Few picked, or few among them of either outcome, hide what is said of the list, and differences from it."""
    measures = pd.concat([lists(("a", at, precision), ("b", at, 0.5)), lists(("a", "400", 0.5))], ignore_index=True)
    whole = {"contender": "a", "measure": "auc", "at": None, "estimate": 0.7, "low": 0.6, "high": 0.8}
    benefit = {**whole, "measure": "net_benefit", "at": "0.1"}
    measures = pd.concat([measures, pd.DataFrame([whole, benefit])], ignore_index=True)
    apart = lists(("b", at, 0.1)).assign(baseline="a")
    overlap = pd.DataFrame({"contender": ["a", "b"], "other": ["b", "c"], "at": at, "overlap": 0.5})

    cleared = publishable_all({"measures": measures, "differences": apart, "overlap": overlap}, rows=800)

    first = cleared["measures"][(cleared["measures"]["contender"] == "a") & (cleared["measures"]["at"] == at)]
    assert len(first) == 2
    assert first[["estimate", "low", "high"]].notna().to_numpy().all() == shown
    assert first[["estimate", "low", "high"]].notna().to_numpy().any() == shown
    rest = cleared["measures"][cleared["measures"]["at"].isna() | cleared["measures"]["at"].isin(["400", "0.1"])]
    assert rest["estimate"].notna().all()
    assert cleared["differences"]["estimate"].notna().all() == shown
    assert pd.notna(cleared["overlap"]["overlap"].iloc[0]) == shown


@pytest.mark.parametrize(("share", "shown"), [(0.04, False), (0.1, True), (0.96, False), (0.0, True)])
def test_few_picked_of_a_group_are_not_told(share: float, shown: bool) -> None:
    """Four of a hundred picked, or all but four, would be counted by share times size."""
    counted = groups("sex", [100, 90], [50, 40]).assign(rows=100)
    room = {"column": "sex", "group": ["a", "b"], "at": 0.1, "share_picked": [share, 0.5], "false_negative_rate": 0.5}

    cleared = publishable_all({"groups": counted, "group_capacity": pd.DataFrame(room)}, rows=190)["group_capacity"]

    assert cleared["share_picked"].notna().tolist() == [shown, True]
    assert cleared["false_negative_rate"].notna().tolist() == [shown, True]


def test_threshold_and_rounding_are_those_in_force() -> None:
    """With a threshold of ten, nine go; counts are told to the nearest five, levels and rates as they are."""
    table = pd.DataFrame({"level": [1.0, 2.0], "n": pd.array([9, 13], dtype="Int64"), "contribution": [0.1, 0.2]})

    with in_force(Release(min_people=10, round_to=5)):
        cleared = publishable("dependence", table)
        flow = publishable("flow", pd.DataFrame({"reason": [*"abc"], "rows": [121, 9, 43]}))

    assert cleared["n"].fillna(0).tolist() == [0, 15]
    assert cleared["contribution"].notna().tolist() == [False, True]
    assert cleared["level"].tolist() == [1.0, 2.0]
    assert flow["rows"].tolist() == ["120", "<10", "withheld"]
    assert publishable("dependence", table)["n"].tolist() == [9, 13]
