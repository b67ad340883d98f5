"""Who people are and what they answered, as it is printed."""

import numpy as np
import pandas as pd
from tests.study.reporting.made_up import Page, made_up_facts, report, small

from eriq.pages import GAP
from eriq.study.reporting import people
from eriq.study.reporting.findings import cleared


def test_table_one_has_counts_with_shares_of_either_outcome() -> None:
    """400 of 751 with the outcome are 53 of 100; a group that may not be told leaves gaps."""
    found = cleared(small(), made_up_facts())
    table = people.table_one(found)
    assert table["characteristic"].tolist() == ["Sex: female", "Sex: male"]
    assert table["with"].tolist() == ["400 (53\N{NO-BREAK SPACE}%)"] * 2
    tables = small()
    tables["who"] = tables["who"].assign(people_with=[4, 350])
    hidden = people.table_one(cleared(tables, made_up_facts()))
    assert hidden["people"].isna().all()  # the other one goes with it, as the total is known
    assert hidden["with"].tolist() == [GAP] * 2


def test_by_centre_are_people_and_numbers() -> None:
    """One column per centre: people of each group, then mean and standard deviation."""
    table = people.by_centre(cleared(small(), made_up_facts()))
    assert table is not None
    assert table.columns.tolist() == ["characteristic", "north", "south"]
    assert table["north"].tolist() == ["600", "600", "40.6 (6.940)"]


def test_a_small_cell_of_a_crossing_takes_its_characteristic_along() -> None:
    """Totals by group and by centre are known, so that one small cell hides all of sex by centre."""
    tables = small()
    tables["who_by_centre"] = tables["who_by_centre"].assign(people=[4, 600, 600, 600])
    table = people.by_centre(cleared(tables, made_up_facts()))
    assert table is not None
    assert table["characteristic"].tolist() == ["Age"]


def test_shares_of_few_people_are_not_told() -> None:
    """An answer of four people goes, and the next smallest of the question with it."""
    tables = small()
    tables["answers"] = tables["answers"].assign(people=[1500, 4, 100, 1500, 400, 100])
    table = people.answers(cleared(tables, made_up_facts()))
    assert table["share"].isna().tolist() == [False, True, True, False, False, False]
    assert table["people"].isna().tolist() == [False, True, True, False, False, False]


def test_a_list_has_its_difference_signed() -> None:
    """The pair, their difference with a sign, and what lot gives without an interval."""
    table = people.listed(cleared(small(), made_up_facts()))
    words = table["cases"].str.replace("\N{NO-BREAK SPACE}", " ").tolist()
    assert words == ["129 (113 to 145)", "29 (17 to 41)", "+100 (79 to 121)", "13"]


def test_names_of_the_config_are_put_in_words() -> None:
    """A contender and the name of a number are printed as people call them."""
    found = cleared(small(), made_up_facts())
    table = pd.DataFrame({"contender": ["register_full | best_rule"], "name": ["minimum_persons"], "value": [5463.0]})
    assert people.in_words(table, found).iloc[0].tolist() == [
        "Full register · best yes/no question",
        "minimum persons",
        5463.0,
    ]


def test_the_page_has_the_sections_on_people() -> None:
    """Table 1, answers, agreement and the invented persons are on the page, whole numbers without decimals."""
    tables = small()
    tables["sample_size"] = pd.DataFrame({"contender": ["any two"], "name": ["persons"], "value": [5463.0]})
    page = Page(report(tables))
    for words in ("Who they are", "What they answered", "Do the two halves agree?", "Who they are, by job centre"):
        assert words in page.text
    assert "5,463" in page.text
    assert "5,463.0" not in page.text
    assert not np.any([" | " in word for word in page.words if "register_full" in word])
