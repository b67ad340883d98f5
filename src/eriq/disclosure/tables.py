"""Result tables as they may be stored, printed or drawn: what each rests on, and one rule for all."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from eriq.disclosure.release import min_people, round_to, rounded
from eriq.disclosure.suppression import hide_parts, is_small, with_company

PEOPLE_COUNTED = (  # columns that count people, or their rows; they are rounded where that is asked for
    *("n", "rows", "clients", "events", "people", "people_with", "people_without"),
    *("known", "followed", "left_out", "cut", "fewest"),
)


@dataclass(frozen=True, slots=True)
class Total:
    """Which rows are the parts of a total that is known, or can be worked out."""

    of: str = ""  # the column that names the total; nothing: all rows are parts of one
    part: str = ""  # the column that names the part, of several rows each; nothing: a row is a part
    last: bool = False  # the last of several rows is the total


@dataclass(frozen=True, slots=True)
class Rule:
    """What the rows of a table rest on, and what would give one away."""

    counts: tuple[str, ...] = ("n",)  # how many people, or where they are not known how many rows
    between: bool = False  # each count is some of those before it: what lies between two counts people too
    fewest: bool = False  # the smallest count that is not 0 decides for all
    none_too: bool = True  # nobody at all is too few as well: a rate of nobody, or everybody had the other outcome
    total: Total | None = None
    all_told: tuple[str, ...] = ()  # columns of counts that a total tells; other numbers go where a row is small only
    alone: tuple[str, ...] = ()  # counts that are hidden by themselves
    order: tuple[str, ...] = ()  # numbers that put rows in order and say nothing about people
    same_people: bool = False  # rows count the same people by other rules: their difference counts people too
    words: bool = False  # the count is told in words


GROUP = ("people", "people_with", "people_without")
RULES: Mapping[str, Rule] = {
    "answers": Rule(
        ("people",), none_too=False, total=Total("item"), all_told=("people", "rows", "share"), order=("level",)
    ),
    "by_basis": Rule(()),  # cleared where it is made: its rows are parts of each other
    "by_fold": Rule(("fewest",), total=Total("design", "fold")),
    "censoring": Rule(
        ("rows", "known", "followed"),
        between=True,
        none_too=False,
        total=Total(last=True),
        alone=("left_out", "cut"),
    ),
    "decision_reasons": Rule(("people",), total=Total("event")),
    "decisions_later": Rule(GROUP, fewest=True, none_too=False, total=Total("beside_score")),
    "dependence": Rule(order=("level",)),
    "designs": Rule(("clients",)),
    "entry_curve": Rule(order=("month", "day")),
    "flow": Rule(("rows",), total=Total(), words=True),
    "groups": Rule(GROUP, fewest=True, none_too=False, total=Total("column"), all_told=(*GROUP, "rows", "events")),
    "halves": Rule(("people",)),
    "handover": Rule(("fewest",)),
    "histogram": Rule(none_too=False, total=Total("contender"), order=("low", "high")),
    "left_rules": Rule(("rows", "events"), same_people=True),
    "listed": Rule(("fewest",), order=("places", "rows")),
    "missing_policies": Rule(("rows",)),
    "roc": Rule(("fewest",)),
    "overrides": Rule(GROUP, fewest=True, none_too=False, total=Total("column")),
    "level_use": Rule(none_too=False, total=Total("item"), order=("code",)),
    "missing_by_group": Rule(total=Total("column", "group")),
    "missing_patterns": Rule(total=Total()),
    "parallel_analysis": Rule(order=("factor",)),
    "factor_loadings": Rule(order=("factor",)),
    "response_quality": Rule(("n", "people_with"), between=True, none_too=False),
    "rater_belief": Rule(("n", "events"), between=True),
    "slices": Rule(("clients",)),
    "trial_answered": Rule(("fewest",)),
    "trial_balance": Rule(("fewest",)),
    "trial_contrasts": Rule(("fewest",), order=("month",)),
    "trial_shares": Rule(("people_with", "people_without"), order=("month",), total=Total("of")),
    "who": Rule(GROUP, fewest=True, none_too=False, total=Total("column"), all_told=(*GROUP, "rows", "events")),
    "who_by_centre": Rule(("people",), none_too=False, total=Total("column")),
    "monitor_months": Rule(("events", "others")),
    "monitor_body": Rule(("fewest",), total=Total("of")),
    "monitor_answered": Rule(total=Total()),
}  # of every other table: a column n, if it has one
LISTED = ("precision", "recall", "lift")  # measures of a list of limited length
BESIDE = {"measures": (), "capacity": (), "differences": ("baseline",), "all_differences": ("baseline",)}
BESIDE |= {"overlap": ("other",)}  # tables of lists: which column names the list beside that of the contender


def publishable(name: str, table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of results as it may be stored or printed.

    Parameters
    ----------
    name : str
        Of the table; `RULES` says what its rows rest on.
    table : DataFrame of shape (n_rows, any)
        Left as it is.

    Returns
    -------
    DataFrame
        Same columns; numbers that rest on too few people, or would tell such a number by subtraction, are missing.

    Examples
    --------
    >>> publishable("flow", pd.DataFrame({"reason": ["a", "b", "c"], "rows": [120, 3, 40]}))["rows"].tolist()
    ['120', '<5', 'withheld']
    """
    rule = RULES.get(name, Rule())
    if table.empty or not set(rule.counts) <= set(table):
        return table
    if rule.words:
        return table.assign(**{n: hide_parts([int(count) for count in table[n]])[0] for n in rule.counts})
    if rule.same_people:
        apart = table[list(rule.counts)].max() - table[list(rule.counts)].min()
        return table.iloc[:1] if is_small(apart.to_numpy("float64")).any() else _rounded(table)
    counts = _counts(table, rule)
    small = np.asarray(is_small(counts).any(axis=1))
    hidden = _hidden(table, counts, rule.total) if rule.total else small
    numbers = [str(n) for n in table.select_dtypes("number") if n not in rule.order]
    shown = {n: table[n].mask(hidden if n in rule.all_told or not rule.all_told else small) for n in numbers}
    shown |= {n: shown[n].mask(is_small(table[n].to_numpy("float64", na_value=np.nan))) for n in rule.alone}
    return _rounded(table.assign(**shown))


def _counts(table: pd.DataFrame, rule: Rule) -> NDArray[np.float64]:
    """Return what every row rests on, of shape (n_rows, n_counts)."""
    counts: NDArray[np.float64] = table[list(rule.counts)].to_numpy("float64", na_value=np.nan)
    if rule.none_too:
        return np.asarray(np.maximum(1, np.nan_to_num(counts, nan=1)))
    if rule.fewest:
        least = np.where(counts > 0, counts, np.inf).min(axis=1, keepdims=True)
        return np.where(np.isinf(least), 0.0, least)
    if rule.between:
        gaps = [counts[:, [a]] - counts[:, [b]] for a in range(counts.shape[1]) for b in range(a + 1, counts.shape[1])]
        return np.hstack([counts, *gaps])
    return counts


def _hidden(table: pd.DataFrame, counts: NDArray[np.float64], total: Total) -> NDArray[np.bool_]:
    """Return which rows go: small parts, and parts that would give them away beside their total."""
    hidden = np.asarray(is_small(counts).any(axis=1))
    for name, rows in _parts(table, total):
        if total.part:
            first = ~table.iloc[rows].duplicated([total.part]).to_numpy()
            gone = table[total.part].iloc[rows[first]][with_company(counts[rows[first]])[0]]
            hidden[rows] |= table[total.part].iloc[rows].isin(gone).to_numpy()
            continue
        parts = rows[:-1] if total.last and len(rows) > 1 else rows
        if len(parts) < len(rows) or not total.last:
            found, may_show = with_company(counts[parts])
            # Where two columns are crossed, totals by either are known too, so one small part takes all with it.
            all_go = (total.last and not may_show) or (found.any() and " x " in name)
            hidden[parts] |= found | all_go
            hidden[rows] |= bool(all_go)
    return hidden


def _parts(table: pd.DataFrame, total: Total) -> Iterator[tuple[str, NDArray[np.intp]]]:
    """Yield each total with the places of its parts."""
    names = table[total.of].to_numpy() if total.of else np.full(len(table), "")
    for name in pd.unique(names):
        yield str(name), np.flatnonzero(names == name)


def _rounded(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with its counts of people rounded, where the release rule says so."""
    if round_to() is None:
        return table
    counts = [name for name in PEOPLE_COUNTED if name in table and pd.api.types.is_numeric_dtype(table[name])]
    return table.assign(
        **{name: table[name].map(lambda n: rounded(int(n)), na_action="ignore").astype("Int64") for name in counts}
    )


# --- lists of limited length ---------------------------------------------------------------


def publishable_all(tables: Mapping[str, pd.DataFrame], rows: int) -> dict[str, pd.DataFrame]:
    """Return all result tables of a training as they may leave; every writer of aggregates goes through here.

    Beside `publishable`, it hides what is said of a list of limited length where few are on it, or few of those on it
    have the outcome or have it not; also where a difference from such a list would tell it.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        By name.
    rows : int
        Of all rows that lists are drawn from.

    Examples
    --------
    >>> lists = {"contender": "a", "measure": "precision", "at": ["3", "50"], "estimate": [1.0, 0.5]}
    >>> publishable_all({"measures": pd.DataFrame(lists)}, rows=1000)["measures"]["estimate"].tolist()
    [nan, 0.5]
    """
    shown = {name: publishable(name, table) for name, table in tables.items()}
    few = _few_on_list(tables["measures"], rows) if "measures" in tables else set()
    for name in BESIDE.keys() & shown.keys():
        shown[name] = _without_lists(shown[name], few, rows, BESIDE[name])
    if {"groups", "group_capacity"} <= shown.keys():
        shown["group_capacity"] = _without_few_picked(shown["group_capacity"], tables["groups"])
    return shown


def _length(at: str, rows: int) -> float:
    """Return how many rows a list of size `at` ("10%" or "200") has."""
    return float(at[:-1]) / 100 * rows if at.endswith("%") else float(at)


def _few_on_list(measures: pd.DataFrame, rows: int) -> set[tuple[str, str]]:
    """Return lists, as (contender, at), on which few have the outcome, or few have it not."""
    table = measures[(measures["measure"] == "precision") & measures["at"].notna()]
    found = set()
    for contender, at, share in zip(table["contender"], table["at"], table["estimate"], strict=True):
        length = _length(at, rows)
        # A mean over repeats, or of weighted rows, is no whole number of people.
        if is_small(np.round([length * share, length * (1 - share)])).any():
            found.add((str(contender), str(at)))
    return found


def _without_lists(table: pd.DataFrame, few: set[tuple[str, str]], rows: int, beside: tuple[str, ...]) -> pd.DataFrame:
    """Return a table without the numbers of lists that are short, or are among `few`."""
    if "at" not in table:
        return table
    listed = table["at"].notna() & (table["measure"].isin(LISTED) if "measure" in table else True)
    at = table["at"].where(listed)
    gone = at.map(lambda at: _length(at, rows) < min_people(), na_action="ignore").eq(True)
    for column in ("contender", *beside):
        gone |= pd.Series([pair in few for pair in zip(table[column], at, strict=True)], index=table.index)
    numbers = ("estimate", "low", "high", "overlap")
    return table.assign(**{name: table[name].mask(gone) for name in numbers if name in table})


def _without_few_picked(room: pd.DataFrame, groups: pd.DataFrame) -> pd.DataFrame:
    """Return shares picked by group and room, without those of a handful of rows picked."""
    size = groups.set_index(["column", "group"])["rows"]
    rows = size.reindex(pd.MultiIndex.from_frame(room[["column", "group"]])).to_numpy("float64", na_value=np.nan)
    share = room["share_picked"].to_numpy("float64", na_value=np.nan)
    gone = is_small(np.round(share * rows)) | is_small(np.round((1 - share) * rows))
    return room.assign(**{name: room[name].mask(gone) for name in ("share_picked", "false_negative_rate")})
