"""Which group a row belongs to."""

import numpy as np
import pandas as pd
import pytest

from eriq.config import Groups
from eriq.errors import ConfigError
from eriq.study.groups.columns import UNKNOWN, group_labels, known_groups

N = 60
ROWS = pd.DataFrame(
    {
        "client_id": [f"c{k}" for k in range(N)],
        "answered_on": pd.Timestamp("2020-01-01"),
        "caseworker_id": "w",
        "job_centre": ["here", "there"] * (N // 2),
        "sex": ["female", "male", "female"] * (N // 3),
        "language": [*["sv"] * 54, "xx", "yy", "yy", None, None, "sv"],
        "region": "north",
        "arm": ["new"] * 30 + ["old"] * 30,
    }
)


def test_every_column_with_two_groups_makes_groups_and_nobody_is_named():
    """Ids and days make none, nor does a column with one value; sex is crossed with a declared arm."""
    labels = group_labels(ROWS, Groups())
    assert labels.columns.tolist() == ["sex", "language", "arm", "job_centre", "sex x arm"]
    assert known_groups(labels["sex x arm"]) == ["female, new", "female, old", "male, new", "male, old"]


def test_groups_of_a_handful_lose_their_names_and_gaps_are_no_group():
    """Three people with rare languages stand together; two without are compared with nobody."""
    labels = group_labels(ROWS, Groups(columns=("language",)))["language"]
    assert (labels == "groups of fewer than 5 people").sum() == 3
    assert (labels == UNKNOWN).sum() == 2
    assert known_groups(labels) == ["groups of fewer than 5 people", "sv"]
    assert not labels.isin(["xx", "yy"]).any()


def test_a_pair_is_known_where_both_are():
    """A row without language is in no group of sex x language."""
    labels = group_labels(ROWS, Groups(columns=("sex",), intersections=(("sex", "language"),)))
    assert labels.columns.tolist() == ["sex", "sex x language"]
    gap = ROWS["language"].isna()
    assert (labels["sex x language"][gap] == UNKNOWN).all()
    assert not (labels["sex x language"][~gap] == UNKNOWN).any()


@pytest.mark.parametrize("plan", [Groups(columns=("sexx",)), Groups(intersections=(("sex", "sexx"),))])
def test_a_column_that_is_not_there_is_named(plan):
    """With the nearest one that is."""
    with pytest.raises(ConfigError, match=r"no audit column 'sexx' in these data\. Did you mean 'sex'"):
        group_labels(ROWS, plan)


def test_clients_are_counted_and_not_rows():
    """Two clients of ten rows each are a handful."""
    rows = ROWS.assign(client_id=np.where(np.arange(N) < 20, ROWS.index % 2, ROWS.index).astype(str))
    rows["sex"] = ["other"] * 20 + ["female", "male"] * 20
    assert known_groups(group_labels(rows, Groups())["sex"]) == ["female", "groups of fewer than 5 people", "male"]


def test_people_are_counted_and_not_their_rows():
    """A group of many rows and few people has no name, one of five people and as many rows has; both are counted."""
    few = pd.DataFrame({"client_id": np.repeat(["a", "b", "c", "d"], 30), "region": "rare"})
    five = pd.DataFrame({"client_id": [*"efghi"], "region": "five"})
    many = pd.DataFrame({"client_id": [f"m{k}" for k in range(200)], "region": "many"})
    labels = group_labels(pd.concat([few, five, many], ignore_index=True), Groups())["region"]
    assert labels.value_counts().to_dict() == {"many": 200, "groups of fewer than 5 people": 120, "five": 5}
