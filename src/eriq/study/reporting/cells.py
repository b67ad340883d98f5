"""Numbers with their intervals, one cell each."""

from collections.abc import Callable

import pandas as pd

from eriq.pages import GAP, interval, number

Write = Callable[[float, int], str]
ENDS = ("estimate", "low", "high")


def with_interval(estimate: float, low: float, high: float, write: Write = number, digits: int = 3) -> str:
    r"""Return a number and its interval in one cell.

    >>> with_interval(0.5, 0.41, float("nan"), digits=2), with_interval(0.5, 0.41, 0.6, digits=2)
    ('0.50', '0.50 (0.41\xa0to\xa00.60)')
    """
    ends = interval(low, high, digits)
    # The interval stays on one line; if a cell must break, it breaks before it.
    return write(estimate, digits) + (
        "" if ends == GAP else f" ({ends})".replace(" to ", "\N{NO-BREAK SPACE}to\N{NO-BREAK SPACE}")
    )


def joined(
    table: pd.DataFrame, names: tuple[str, str, str] = ENDS, *, write: Write = number, digits: int = 3
) -> list[str]:
    """Return one cell per row: a number and its interval."""
    numbers = table[list(names)].to_numpy("float64", na_value=float("nan"))
    return [with_interval(estimate, low, high, write, digits) for estimate, low, high in numbers]


def by_contender(table: pd.DataFrame, measure: str, write: Write = number, digits: int = 3) -> dict[str, str]:
    """Return contender -> "estimate (low to high)" of one measure."""
    rows = table.loc[table["measure"] == measure]
    return dict(zip(rows["contender"], joined(rows, write=write, digits=digits), strict=True))


def estimates(measures: pd.DataFrame) -> pd.DataFrame:
    """Return one row per contender and one column per measure of all rows, estimates only."""
    whole = measures.loc[measures["at"].isna()]
    return whole.pivot(index="contender", columns="measure", values="estimate")  # noqa: PD010
