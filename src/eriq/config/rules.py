"""Rules on the columns of a table, such as ``age >= 18 and round == 4``: parsed, never run as a program.

A rule compares columns with numbers, texts and days, and joins comparisons with ``and``, ``or`` and ``not``. A column
whose name is no plain word stands between backticks. Where a value is missing the answer is not known, unless the rest
of the rule settles it (Kleene's logic of three values).
"""

import ast
import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import AfterValidator

from eriq.errors import ConfigError

Kind = Literal["number", "text", "day", "gap"]  # gap: only asked whether it is there
MOST_SIGNS = 1000  # of a rule
HINT = "write for example: age >= 18 and round == 4"
ORDERED = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as parsed: its text, and what each column it names is read as."""

    text: str
    kinds: Mapping[str, Kind]
    tree: ast.expr
    names: Mapping[str, str]  # word in the tree -> column, where a name stands between backticks

    def column(self, node: ast.expr) -> str:
        """Return the column that a word of the tree means; nothing else in a tree names one."""
        assert isinstance(node, ast.Name)
        return self.names.get(node.id, node.id)


def parse_rule(text: str) -> Rule:
    """Return a rule from its text.

    Raises
    ------
    ConfigError
        When it is anything but comparisons of columns, saying which part is not.

    Examples
    --------
    >>> dict(parse_rule("age >= 18 and `home town` in ['Aarhus', 'Lund']").kinds)
    {'age': 'number', 'home town': 'text'}
    >>> parse_rule("__import__('os').system('ls')")
    Traceback (most recent call last):
    eriq.errors.ConfigError: rule: a call is no part of a rule; write for example: age >= 18 and round == 4
    """
    names: dict[str, str] = {}

    def plain(found: re.Match[str]) -> str:
        word = f"_column_{len(names)}"
        names[word] = found.group(1)
        return word

    if len(text) > MOST_SIGNS:
        raise ConfigError(f"rule: longer than {MOST_SIGNS} signs")
    try:
        tree = ast.parse(re.sub(r"`([^`]+)`", plain, text.strip()), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ConfigError(f"rule: not a comparison of columns; {HINT}") from None
    kinds: dict[str, Kind] = {}
    _look(tree, kinds, names)
    return Rule(text, kinds, tree, names)


def is_rule(text: str) -> bool:
    """Return whether a text is meant as a rule and not as the name of a column.

    >>> is_rule("unemp_weeks <= 52"), is_rule("worked (y/n)")
    (True, False)
    """
    return bool(re.search(r"[<>]|[=!]=|\b(?:not\s+)?in\s*[\[(]|\bis\s+(?:not\s+)?None\b", text))


def _checked(text: str) -> str:
    try:
        parse_rule(text)
    except ConfigError as why:
        raise ValueError(str(why)) from None
    return text


RuleText = Annotated[str, AfterValidator(_checked)]  # of a config: parsed once to be sure


def _look(node: ast.expr, kinds: dict[str, Kind], names: Mapping[str, str]) -> None:
    """Note the kind of every column of a rule, or raise ConfigError at the first part that is not allowed."""
    if isinstance(node, ast.BoolOp):
        for part in node.values:
            _look(part, kinds, names)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        _look(node.operand, kinds, names)
    elif isinstance(node, ast.Compare):
        sides = [node.left, *node.comparators]
        for op, left, right in zip(node.ops, sides, sides[1:], strict=False):
            _look_at_pair(op, left, right, kinds, names)
    else:
        raise ConfigError(f"rule: {_called(node)} is no part of a rule; {HINT}")


def _look_at_pair(
    op: ast.cmpop, left: ast.expr, right: ast.expr, kinds: dict[str, Kind], names: Mapping[str, str]
) -> None:
    columns = [names.get(side.id, side.id) for side in (left, right) if isinstance(side, ast.Name)]
    constants = [constant_of(side) for side in (left, right) if not isinstance(side, ast.Name)]
    if not columns:
        raise ConfigError(f"rule: a comparison without a column; {HINT}")
    if isinstance(op, ast.Is | ast.IsNot):
        if constants != [None] or not isinstance(right, ast.Constant):
            raise ConfigError("rule: 'is' asks for a gap only: age is None, age is not None")
        kinds.setdefault(columns[0], "gap")
        return
    if isinstance(op, ast.In | ast.NotIn) != bool(constants and isinstance(constants[0], list)):
        raise ConfigError("rule: 'in' takes a list, as in: town in ['Lund', 'Aarhus']")
    if isinstance(op, ast.In | ast.NotIn) and not isinstance(left, ast.Name):
        raise ConfigError("rule: 'in' has a column before it and a list behind")
    given = [value for part in constants for value in (part if isinstance(part, list) else [part])]
    kind = _kind_of(given, ordered=isinstance(op, ORDERED))
    for name in columns:
        if kinds.get(name, "gap") == "gap":
            kinds[name] = kind
        elif kinds[name] != kind:
            raise ConfigError(f"rule: '{name}' is compared with a {kinds[name]} and with a {kind}")


def _kind_of(given: list[object], *, ordered: bool) -> Kind:
    if all(isinstance(value, int | float) for value in given):
        return "number"
    if not all(isinstance(value, str) for value in given):
        raise ConfigError("rule: numbers and texts are compared with the same column; a gap is asked for by 'is None'")
    if not ordered:
        return "text"
    try:
        [dt.date.fromisoformat(str(value)) for value in given]
    except ValueError:
        raise ConfigError("rule: < and > take numbers, or days written 'YYYY-MM-DD'") from None
    return "day"


def constant_of(node: ast.expr) -> Any:
    """Return the value of a number, a text, None, or a list of numbers and texts."""
    if isinstance(node, ast.Constant) and (node.value is None or type(node.value) in (int, float, str)):
        return node.value
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        value = constant_of(node.operand)
        if isinstance(value, int | float):
            return -value
    if isinstance(node, ast.List | ast.Tuple) and node.elts:
        return [constant_of(part) for part in node.elts]
    raise ConfigError(f"rule: {_called(node)} is no part of a rule; {HINT}")


def _called(node: ast.expr) -> str:
    """Return what a part of a program is called, without what it says."""
    if isinstance(node, ast.Name):
        return "a column without a comparison"
    kinds = {ast.Call: "a call", ast.Attribute: "a dot", ast.Subscript: "a place in a list", ast.BinOp: "arithmetic"}
    return kinds.get(type(node), "a " + type(node).__name__.lower())
