"""A ready table as read: missing codes, ranges, levels, dates, and an outcome that a rule makes."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from eriq.config import Flat, FlatColumn
from eriq.config.rules import parse_rule
from eriq.tables.ready import contract, flat_outcome, once, read_ready, rule_holds


def column(**given: Any) -> FlatColumn:
    """Return a declared column, of a register unless said otherwise."""
    return FlatColumn.model_validate({"role": "register", **given})


def read(frame: dict[str, list[Any]], **declared: FlatColumn) -> tuple[pd.DataFrame, list[str]]:
    """Return declared columns as read, and their problems in words."""
    typed, problems = read_ready(pd.DataFrame(frame), [contract(n, c) for n, c in declared.items()], declared)
    return typed, [f"{p.code} {p.rows.tolist()} {p.text}" for p in problems]


@pytest.mark.parametrize("cells", [["20", "99", " 99 ", "99.0", "-8", "unknown"], [20, 99, 99, 99.0, -8, None]])
def test_missing_codes_are_gaps_however_they_are_written(cells):
    """A code is taken out as a number or as a word; what is no code and no number is still a problem."""
    typed, problems = read({"age": cells}, age=column(missing=[99, -8, "unknown"], low=0))
    assert typed["age"].isna().tolist() == [False, True, True, True, True, True]
    assert problems == []
    assert read({"age": ["20", "unknwon"]}, age=column(missing=["unknown"]))[1] == ["unreadable [1] not a number"]


def test_a_code_of_a_category_is_text():
    """A leading zero makes another code where a column holds names."""
    typed, _ = read({"town": ["9", "09", "Lund"]}, town=column(kind="category", missing=["9"]))
    assert typed["town"].fillna("gone").tolist() == ["gone", "09", "Lund"]


def test_numbers_outside_their_range_are_told_by_row():
    """A slip is named with its rows; the ends themselves are inside."""
    _, problems = read({"age": [17, 18, 65, 66]}, age=column(low=18, high=65))
    assert problems == ["too_low [0] below 18", "too_high [3] above 65"]


def test_a_level_that_the_order_leaves_out_is_an_error_with_its_rows():
    """The error counts the rows and never says the level, which is a person's answer."""
    _, problems = read({"edu": ["low", "secret", "high", None]}, edu=column(kind="ordinal", levels=["low", "high"]))
    assert problems == ["outside_scale [1] a level that `levels` leaves out"]


def test_a_column_that_is_not_there_comes_with_the_nearest_name():
    """Headers are no person's data, and help."""
    assert read({"incom": [1]}, income=column())[1] == [
        "no_column [] column income is not there. Did you mean 'incom'?"
    ]


def test_an_outcome_is_made_from_a_number_and_stays_missing():
    """The rule tells yes and no; a gap or a missing code of its column tells nothing."""
    source = Flat.model_validate(
        {
            "kind": "flat",
            "file": "x.csv",
            "client": "id",
            "outcome": "weeks <= 52",
            "columns": {"weeks": {"role": "after", "missing": [999]}, "age": {"role": "register"}},
        }
    )
    made, problems = flat_outcome(pd.DataFrame({"weeks": ["10", "52", "53", "999", None]}), source)
    assert made.tolist()[:3] == [1, 1, 0]
    assert made.isna().tolist() == [False, False, False, True, True]
    assert problems == []
    assert source.outcome_columns == ("weeks",)


def test_whether_a_value_is_there_needs_no_type():
    """Asked for a gap only, a column of any type answers, and a missing code is one."""
    frame = pd.DataFrame({"weight": [1.5, np.nan, 9.0], "day": pd.to_datetime(["2020-01-01", None, None])})
    found, problems = rule_holds(frame, parse_rule("weight is not None"), {"weight": column(missing=[9])})
    assert (found.tolist(), problems) == ([True, False, False], [])
    assert rule_holds(frame, parse_rule("day is None"), {})[0].tolist() == [False, True, True]


def test_a_problem_is_told_once():
    """A column read for a rule and as a feature makes one line of one mistake."""
    frame = {"age": ["x", "1"]}
    _, problems = read_ready(pd.DataFrame(frame), [contract("age", column())], {})
    assert len(once([*problems, *problems])) == 1
    other = [type(problems[0])("table", "age", "unreadable", "", np.array([1]))]
    assert len(once([*problems, *other])) == 2


WRONG = {
    "levels belong to": {"levels": ["a", "b"]},
    "each once": {"kind": "ordinal", "levels": ["a", "a"]},
    "two or more": {"kind": "ordinal", "levels": ["a"]},
    "missing codes as well": {"kind": "ordinal", "levels": ["a", "b"], "missing": ["b"]},
    "low and high belong": {"kind": "flag", "low": 0},
    "low is above high": {"low": 3, "high": 1},
    "labels belong": {"labels": {1: "one"}},
    "Did you mean 'high'": {"kind": "ordinal", "levels": ["low", "high"], "labels": {"hihg": "much"}},
    "since and until": {"since": "2020-01-01"},
    "in quotes": {"kind": "category", "levels": [False, True]},
}


@pytest.mark.parametrize("why", WRONG)
def test_a_declaration_that_contradicts_itself_is_refused(why):
    """What a kind does not have, orders that repeat, and words that YAML reads as truth are named."""
    with pytest.raises(ValidationError, match=why):
        column(**WRONG[why])


def test_no_and_yes_as_labels_need_no_quotes():
    """YAML reads them as false and true; as labels they can only be meant as words."""
    assert column(kind="flag", labels={0: False, 1: True}).labels == {"0": "no", "1": "yes"}
