"""Rules on columns: what may be written, and that nothing else is ever run."""

import pytest

from eriq.config.rules import is_rule, parse_rule
from eriq.errors import ConfigError

UNSAFE = {
    "a call": "__import__('os').system('true')",
    "a dot": "age.real > 1",
    "a place in a list": "age[0] > 1",
    "arithmetic": "age + 1 > 2",
    "a column without a comparison": "age",
    "a lambda": "(lambda: 1) == age",
    "a listcomp": "age in [x for x in y]",
    "a comparison without a column": "1 < 2",
    "in' takes a list": "age in 3",
    "has a column before it": "[1] in age",
    "asks for a gap only": "age is 3",
    "compared with a number and with a text": "age == 3 and age == 'three'",
    "a gap is asked for by": "age in [1, 'two']",
    "or days written": "town > 'Lund'",
    "not a comparison of columns": "age >= ",
    "longer than": "a == 1 and " * 200 + "a == 1",
}


@pytest.mark.parametrize("why", UNSAFE)
def test_whatever_is_no_comparison_is_refused_by_name(why):
    """Calls, dots, places, sums and the like never pass the parser, and the error says which part it was."""
    with pytest.raises(ConfigError, match=why):
        parse_rule(UNSAFE[why])


def test_deep_nesting_is_an_error_and_no_crash():
    """A rule of a thousand brackets is refused like any other text."""
    with pytest.raises(ConfigError):
        parse_rule("(" * 500 + "a == 1" + ")" * 499)


def test_the_kind_of_a_column_is_what_it_is_compared_with():
    """Numbers, texts, days, gaps and other columns; a name that is no word stands between backticks."""
    rule = parse_rule("18 <= age < 65 and town != 'Lund' and day >= '2020-01-01' and `a b` == -1 and note is None")
    assert rule.kinds == {"age": "number", "town": "text", "day": "day", "a b": "number", "note": "gap"}
    assert parse_rule("age is not None and age > 3").kinds == {"age": "number"}
    assert parse_rule("spent <= earned").kinds == {"spent": "number", "earned": "number"}


def test_a_rule_is_told_from_the_name_of_a_column():
    """An outcome is a rule where it compares, and a column where it only names one."""
    assert all(map(is_rule, ("weeks <= 52", "a == 1", "town in ['x']", "a not in (1, 2)", "x is None")))
    assert not any(map(is_rule, ("worked", "in work", "work_1", "worked (yes)")))
