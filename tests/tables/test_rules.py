"""Which rows meet a rule."""

import numpy as np
import pandas as pd
import pytest

from eriq.config.rules import parse_rule
from eriq.tables.rules import holds, rule_columns
from eriq.tables.schema import check

RAW = pd.DataFrame(
    {
        "age": ["17", "18", "65", None],
        "round": ["4", "4", "3", "4"],
        "town": ["Lund", None, "Aarhus", "Lund"],
        "day": ["2020-01-01", "2021-01-01", None, "2019-12-31"],
        "a b": ["1", "2", "3", "4"],
    }
)
RULES = {
    "age >= 18 and round == 4": [False, True, False, None],
    "age >= 18 or round == 4": [True, True, True, True],
    "not (age >= 18)": [True, False, False, None],
    "18 <= age < 65": [False, True, False, None],
    "age > round": [True, True, True, None],
    "town == 'Lund'": [True, None, False, True],
    "town != 'Lund'": [False, None, True, False],
    "town in ['Lund', 'Malmö']": [True, None, False, True],
    "town not in ('Lund',)": [False, None, True, False],
    "town is None": [False, True, False, False],
    "town is not None and age > -1": [True, False, True, None],
    "day >= '2020-01-01'": [True, True, None, False],
    "'2020-06-01' > day": [True, False, None, True],
    "`a b` in [1, 4]": [True, False, False, True],
}


@pytest.mark.parametrize("text", RULES)
def test_a_rule_holds_or_not_or_is_not_known(text):
    """A gap makes a comparison unknown, and the whole only where nothing else settles it."""
    rule = parse_rule(text)
    typed, problems = check(RAW, rule_columns(rule), "table", extra="ignore")
    assert problems == []
    found = holds(rule, typed)
    assert found.dtype == "boolean"
    assert [None if value is pd.NA else bool(value) for value in found] == RULES[text]


def test_as_pandas_has_it_where_nothing_is_missing():
    """On whole numbers the rule gives what the query of pandas gives, an implementation of others."""
    rng = np.random.default_rng(1)
    table = pd.DataFrame(rng.integers(0, 5, (200, 3)), columns=["a", "b", "c"]).astype("Float64")
    for text in ("a > 2 and not b == c or c in [0, 4]", "(a < b or b < c) and a != 3", "1 <= a <= 3 and b >= c"):
        found = holds(parse_rule(text), table)
        kept = table.astype("float64").query(text).index
        assert np.flatnonzero(found.to_numpy(bool)).tolist() == kept.tolist()
