"""What may leave the building: no number that rests on a handful of people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

MIN_PEOPLE = 5  # smallest publishable count; replace by the release rule that applies
WITHHELD = "withheld"


@dataclass(frozen=True, slots=True)
class Rule:
    """What the rows of a table rest on."""

    count: str = "n"  # the column that says how many people, or where people are not known how many rows
    parts: bool = False  # these counts are the parts of one total
    order: tuple[str, ...] = ()  # numbers that put rows in order and say nothing about people
    same_people: tuple[str, ...] = ()  # counts of the same people by another rule: their difference counts people too
    part_of: tuple[str, ...] = ()  # columns that name a whole and its parts: a small part needs another one beside it
    within: tuple[str, ...] = ()  # counts, each of some of those before it; several rows have their total in a last one
    cells: tuple[str, ...] = ()  # counts that are hidden alone
    groups: tuple[str, ...] = ()  # counts that are parts of one total among rows with the same value of `column`


RULES: Mapping[str, Rule] = {
    "by_basis": Rule(""),  # cleared where it is made: its rows are parts of each other
    "by_fold": Rule("fewest", part_of=("design", "fold")),
    "censoring": Rule("rows", within=("rows", "known", "followed"), cells=("left_out", "cut")),
    "dependence": Rule(order=("level",)),
    "designs": Rule("clients"),
    "entry_curve": Rule(order=("month", "day")),
    "flow": Rule("rows", parts=True),
    "groups": Rule("people", groups=("people", "people_with", "people_without", "rows", "events")),
    "left_rules": Rule("rows", same_people=("rows", "events")),
    "missing_policies": Rule("rows"),
    "slices": Rule("clients"),
}  # of every other table: a column n, if it has one


def publishable(name: str, table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of results as it may be stored or printed; every writer of aggregates goes through here.

    Parameters
    ----------
    name : str
        Of the table; `RULES` says what its rows rest on.
    table : DataFrame of shape (n_rows, any)
        Left as it is.

    Returns
    -------
    DataFrame
        Same shape; numbers that rest on too few people are missing, parts of a total are words.

    Examples
    --------
    >>> publishable("flow", pd.DataFrame({"reason": ["a", "b", "c"], "rows": [120, 3, 40]}))["rows"].tolist()
    ['120', '<5', 'withheld']
    """
    rule = RULES.get(name, Rule())
    if rule.count not in table:
        return table
    if rule.within:
        return _without_small_parts(table, rule)
    if rule.groups:
        return _without_small_groups(table, rule.groups)
    if rule.parts:
        words, _ = hide_parts([int(count) for count in table[rule.count]])
        return table.assign(**{rule.count: words})
    if any(0 < table[name].max() - table[name].min() < MIN_PEOPLE for name in rule.same_people):
        return table.iloc[:1]
    if rule.part_of and len(table):
        return _hide_small_parts(table, rule)
    return suppress_small(table, count=rule.count).assign(**{c: table[c] for c in rule.order if c in table})


def _hide_small_parts(table: pd.DataFrame, rule: Rule) -> pd.DataFrame:
    """Return `table` without the numbers of small parts, and of more parts where the rest would give these away."""
    whole, part = rule.part_of
    hidden = []
    for name, parts in table.drop_duplicates([whole, part]).groupby(whole):
        # Nobody at all is no secret of a count, but it says of everybody in the part what happened.
        words, _ = hide_parts([max(1, int(count)) for count in parts[rule.count].fillna(1)])
        hidden += [(name, fold) for fold, said in zip(parts[part], words, strict=True) if not said[0].isdigit()]
    shown = ~pd.MultiIndex.from_frame(table[[whole, part]]).isin(hidden)
    return suppress_small(table.assign(**{rule.count: table[rule.count].where(shown)}), count=rule.count)


def _without_small_parts(table: pd.DataFrame, rule: Rule) -> pd.DataFrame:
    """Return `table` without the numbers of rows whose counts, or what lies between them, are too small.

    The total would give a single row away by subtraction, so the next smallest ones go as well; if that never leaves
    room for doubt, all numbers go.
    """
    if table.empty:
        return table
    counts = [table[name].to_numpy("float64") for name in rule.within]
    between = np.stack([*counts, *(a - b for k, a in enumerate(counts) for b in counts[k + 1 :])], axis=1)
    hidden: NDArray[np.bool_] = np.asarray(((between > 0) & (between < MIN_PEOPLE)).any(axis=1))
    parts = np.arange(max(len(table) - 1, 1))

    def told_by_total() -> bool:
        gone = parts[hidden[parts]]
        lost = between[gone].sum(axis=0)
        return (
            len(table) > 1 and len(gone) > 0 and (len(gone) < 2 or bool(((lost > 0) & (lost < 2 * MIN_PEOPLE)).any()))
        )

    for place in parts[np.argsort(counts[0][parts], kind="stable")]:
        if not told_by_total():
            break
        hidden[place] = True
    hidden |= told_by_total()
    cells = {name: table[name].mask((table[name] > 0) & (table[name] < MIN_PEOPLE)) for name in rule.cells}
    shown = table.assign(**cells)
    return shown.assign(**{str(name): column.mask(hidden) for name, column in shown.select_dtypes("number").items()})


def _without_small_groups(table: pd.DataFrame, counts: Sequence[str]) -> pd.DataFrame:
    """Return groups without counts that are small, or that would give a small one away beside their total.

    Where two columns are crossed, totals by either are known, so one small group takes all counts with it.

    >>> table = pd.DataFrame({"column": "sex", "group": ["f", "m", "o"], "people": [90, 60, 3], "share": 0.1})
    >>> _without_small_groups(table, ["people"])["people"].tolist()
    [90, <NA>, <NA>]
    """
    people = table[[name for name in counts if name.startswith("people")]]
    least = people.where(people > 0).min(axis="columns").fillna(0).astype("int64")
    hidden = pd.Series(False, index=table.index)
    for column, parts in least.groupby(table["column"], sort=False):
        blank = [not word.replace(",", "").isdigit() for word in hide_parts(parts.tolist())[0]]
        hidden[parts.index] = np.array(blank) | (any(blank) and " x " in str(column))
    small = least.between(1, MIN_PEOPLE - 1)
    kept = {str(name): table[name].where(~small) for name in table.select_dtypes("number") if name not in counts}
    return table.assign(**kept, **{name: table[name].astype("Int64").where(~hidden) for name in counts})


def suppress_small(table: pd.DataFrame, *, count: str = "n") -> pd.DataFrame:
    """Return `table` without the numbers of rows that rest on fewer than `MIN_PEOPLE` people.

    Parameters
    ----------
    table : DataFrame of shape (n_rows, any)
        Left as it is.
    count : str
        Column with the people, or where people are not known the rows, that a row rests on.

    Returns
    -------
    DataFrame
        Same shape; text stays, numbers of small or unknown rows are missing.

    Raises
    ------
    KeyError
        If there is no column `count`.

    Examples
    --------
    >>> table = pd.DataFrame({"group": ["a", "b"], "n": [4, 5], "share": [0.25, 0.4]})
    >>> suppress_small(table).to_numpy().tolist()
    [['a', nan, nan], ['b', 5.0, 0.4]]
    """
    enough = (table[count] >= MIN_PEOPLE).fillna(False)
    numbers = table.select_dtypes("number")
    return table.assign(**{str(name): numbers[name].where(enough) for name in numbers})


def count_words(count: int) -> str:
    """Return a count as it may be printed; nobody at all is no secret.

    >>> count_words(0), count_words(4), count_words(15818)
    ('0', '<5', '15,818')
    """
    return f"<{MIN_PEOPLE}" if 0 < count < MIN_PEOPLE else f"{count:,}"


def hide_parts(counts: Sequence[int]) -> tuple[list[str], bool]:
    """Return the parts of a known total as they may be printed, and whether the total may stand beside them.

    One blank beside a total gives itself away by subtraction, so the next smallest parts are withheld as well, until
    the blanks together leave room for doubt. If they never do, the total has to go.

    Parameters
    ----------
    counts : sequence of int
        Parts of one total, none negative.

    Returns
    -------
    words : list of str
        One per part: the count, "<5", or "withheld".
    total_may_show : bool

    Examples
    --------
    >>> hide_parts([120, 3, 40])
    (['120', '<5', 'withheld'], True)
    >>> hide_parts([3]), hide_parts([0, 12])
    ((['<5'], False), (['0', '12'], True))
    """
    hidden = {place for place, count in enumerate(counts) if 0 < count < MIN_PEOPLE}
    left = sorted((c, place) for place, c in enumerate(counts) if c and place not in hidden)
    small = bool(hidden)

    def open_to_doubt() -> bool:
        return len(hidden) > 1 and sum(counts[place] for place in hidden) >= 2 * MIN_PEOPLE

    while small and left and not open_to_doubt():
        hidden.add(left.pop(0)[1])
    words = [
        WITHHELD if place in hidden and count >= MIN_PEOPLE else count_words(count)
        for place, count in enumerate(counts)
    ]
    return words, not small or open_to_doubt()
