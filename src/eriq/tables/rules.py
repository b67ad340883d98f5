"""Which rows of a table meet a rule: yes, no, or not known."""

import ast
import operator
from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any

import pandas as pd

from eriq.config.rules import Rule, constant_of
from eriq.tables.schema import Column

DTYPES = {"number": "Float64", "text": "str", "day": "datetime64[us]", "gap": "str"}
COMPARED: Mapping[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}


def rule_columns(rule: Rule) -> tuple[Column, ...]:
    """Return what the columns of a rule are read as."""
    return tuple(Column(name, DTYPES[kind]) for name, kind in rule.kinds.items())


def holds(rule: Rule, table: pd.DataFrame) -> pd.Series:
    """Return, per row, whether a rule holds: true, false or not known.

    A comparison with a gap is not known; "and" and "or" are known where the rest settles them (Kleene, 1938).

    Parameters
    ----------
    rule : Rule
    table : DataFrame of shape (n_rows, any)
        With the columns of `rule_columns`, of their types.

    Returns
    -------
    Series of boolean, shape (n_rows,)

    Examples
    --------
    >>> from eriq.config.rules import parse_rule
    >>> table = pd.DataFrame({"weeks": pd.array([10, 60, None], dtype="Float64")})
    >>> holds(parse_rule("weeks <= 52"), table).tolist()
    [True, False, <NA>]
    >>> holds(parse_rule("weeks <= 52 or weeks is None"), table).tolist()
    [True, False, True]
    """
    return _held(rule.tree, rule, table)


def _held(node: ast.expr, rule: Rule, table: pd.DataFrame) -> pd.Series:
    if isinstance(node, ast.BoolOp):
        parts = [_held(part, rule, table) for part in node.values]  # noqa: PD011 - of a tree
        return reduce(operator.and_ if isinstance(node.op, ast.And) else operator.or_, parts)
    if isinstance(node, ast.UnaryOp):
        return ~_held(node.operand, rule, table)
    assert isinstance(node, ast.Compare)  # nothing else was parsed
    sides = [node.left, *node.comparators]
    pairs = zip(node.ops, sides, sides[1:], strict=False)
    return reduce(operator.and_, [_compared(op, left, right, rule, table) for op, left, right in pairs])


def _compared(op: ast.cmpop, left: ast.expr, right: ast.expr, rule: Rule, table: pd.DataFrame) -> pd.Series:
    """Return one comparison, not known where a column of it has a gap."""
    columns = [table[rule.column(side)] for side in (left, right) if isinstance(side, ast.Name)]
    known = reduce(operator.and_, [column.notna() for column in columns])
    if isinstance(op, ast.Is | ast.IsNot):
        return (known if isinstance(op, ast.IsNot) else ~known).astype("boolean")
    if isinstance(op, ast.In | ast.NotIn):
        made = columns[0].isin(constant_of(right)) == isinstance(op, ast.In)
    else:
        dated = columns[0].dtype.kind == "M"
        one, other = (_side(side, rule, table, dated=dated) for side in (left, right))
        made = COMPARED[type(op)](one, other)
    return made.astype("boolean").where(known, pd.NA)


def _side(node: ast.expr, rule: Rule, table: pd.DataFrame, *, dated: bool) -> Any:
    if isinstance(node, ast.Name):
        return table[rule.column(node)]
    value = constant_of(node)
    return pd.Timestamp(str(value)) if dated else value
