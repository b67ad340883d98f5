"""How people answered: straight lines, long runs, haste, and what was left unanswered, by whom."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import ttest_ind

from eriq.psychometrics.reliability import FEWEST_ALPHA

LONG_RUN = 8  # equal answers one after the other
SECONDS = 2.0  # an item; quicker than that nobody reads one (Huang and others 2012, J Bus Psychol 27:99)
PATTERNS = 10  # of missing answers, the most frequent
ALPHA = 0.05
LARGE_GAP = 0.05  # difference in the share left unanswered from which a group is pointed out
UNSAID, DIFFERS, ALIKE = "not assessable", "differs", "no large difference shown"


def longest_run(codes: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the longest run of equal answers in each row, in the order asked; a gap ends a run.

    >>> longest_run(np.array([[1, 1, 2, 2, 2], [1, np.nan, 1, 1, 3]])).tolist()
    [3, 2]
    """
    best = run = np.where(np.isnan(codes[:, 0]), 0, 1)
    for place in range(1, codes.shape[1]):
        here = codes[:, place]
        run = np.where(np.isnan(here), 0, np.where(here == codes[:, place - 1], run + 1, 1))
        best = np.maximum(best, run)
    return best.astype("int64")


def response_quality(
    codes: pd.DataFrame, halves: Mapping[str, Sequence[str]], seconds: Mapping[str, pd.Series] | None = None
) -> pd.DataFrame:
    """Return, per half, how many complete questionnaires are straight lines, have long runs, were hasty or repeat.

    Codes as given, not oriented: who ticks one column does so whatever the question means. In a questionnaire without
    reversed items an honest answer may be a straight line as well: a high share asks for a look, never for leaving
    people out.

    Parameters
    ----------
    codes : DataFrame of shape (n_rows, n_items)
        Answers as printed, NaN where there is none.
    halves : mapping
        Respondent -> items in the order asked.
    seconds : mapping of str to Series, optional
        Respondent -> how long that half took, where that is known.

    Returns
    -------
    DataFrame
        As in `RESPONSE_QUALITY`.
    """
    rows: list[dict[str, object]] = []
    for who, items in halves.items():
        whole = codes[list(items)].dropna()
        values = whole.to_numpy("float64")
        run = longest_run(values) if len(values) and len(items) else np.zeros(0, dtype="int64")
        found: dict[str, tuple[int, str]] = {
            "straight_line": (int((run == len(items)).sum()), ""),
            "long_run": (
                int((run >= LONG_RUN).sum()),
                f"fewer than {LONG_RUN} questions" if len(items) < LONG_RUN else "",
            ),
            "repeated_vector": (int(whole.duplicated().sum()), ""),
        }
        known = (seconds or {}).get(who, pd.Series(np.nan, index=codes.index)).reindex(whole.index)
        hasty = int((known < SECONDS * len(items)).sum())
        found["hasty"] = (hasty, "" if known.notna().any() else "times are not known")
        for measure, (count, why) in found.items():
            n = int(known.notna().sum()) if measure == "hasty" and not why else len(whole)
            why = why or ("nobody answered every question" if not n else "")
            rows.append(
                {
                    "half": who,
                    "measure": measure,
                    "n": n,
                    "people_with": 0 if why else count,
                    "share": np.nan if why else count / n,
                    "why": why,
                }
            )
    return pd.DataFrame(rows)


def level_use(codes: pd.DataFrame, levels: Mapping[str, Sequence[int]]) -> pd.DataFrame:
    """Return how often each answer is chosen: `LEVEL_USE`."""
    rows = []
    for item, allowed in levels.items():
        given = codes[item].dropna()
        counts = given.value_counts()
        rows += [
            {"item": item, "code": code, "n": int(counts.get(code, 0)), "share": counts.get(code, 0) / len(given)}
            for code in allowed
            if len(given)
        ]
    return pd.DataFrame(rows)


def missing_patterns(codes: pd.DataFrame, halves: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Return the most frequent ways in which questionnaires have gaps: `MISSING_PATTERNS`."""
    gaps = codes.isna()
    words = pd.Series("", index=codes.index)
    for who, items in halves.items():
        missing = gaps[list(items)]
        some = missing.apply(lambda row: ", ".join(row.index[row]), axis=1) if len(missing) else words
        count = missing.sum(axis=1)
        part = some.mask(count == 0, "").mask(count > 3, f"4 or more of the {who}")
        part = part.mask(count == len(items), f"all of the {who}")
        words = words.where(part == "", words.where(words == "", words + "; ") + part)
    counts = words.mask(words == "", "nothing").value_counts()
    table = pd.DataFrame({"unanswered": counts.index.astype("str"), "n": counts.to_numpy("int64")})
    rest = int(table["n"].iloc[PATTERNS:].sum())
    table = table.head(PATTERNS)
    if rest:
        table = pd.concat([table, pd.DataFrame({"unanswered": ["some other"], "n": [rest]})], ignore_index=True)
    return table.assign(share=table["n"] / max(1, len(codes)))


def missing_by_group(codes: pd.DataFrame, halves: Mapping[str, Sequence[str]], groups: pd.DataFrame) -> pd.DataFrame:
    """Return the share of answers left out by group or arm, and which group differs: `MISSING_BY_GROUP`.

    The share of each client is one value; its mean in a group less that of everybody else whose group is known comes
    with Welch's 95 % interval and p, the latter held by Holm's rule to the groups and halves of a column. A group is
    told where 30 people are in it and beside it.

    Parameters
    ----------
    codes : DataFrame of shape (n_clients, n_items)
        One row per client.
    halves : mapping
        Respondent -> items.
    groups : DataFrame of shape (n_clients, n_columns)

    Notes
    -----
    Welch (1947), Biometrika 34:28; Holm (1979), Scand J Stat 6:65.
    """
    made = []
    for column in groups:
        named = groups[column].astype("object")
        parts = [_gaps(codes[list(items)].isna().mean(axis=1), named, who) for who, items in halves.items()]
        table = pd.concat([pd.DataFrame(part) for part in parts], ignore_index=True).assign(column=str(column))
        made.append(table.assign(p=holm_of(table["p"], twice=table["group"].nunique() == 2)))
    table = pd.concat(made, ignore_index=True) if made else pd.DataFrame()
    if table.empty:
        return table
    large = (table["p"] < ALPHA) & (table["difference"].abs() >= LARGE_GAP)
    return table.assign(verdict=np.where(table["difference"].isna(), UNSAID, np.where(large, DIFFERS, ALIKE)))


def _gaps(share: pd.Series, named: pd.Series, half: str) -> list[dict[str, object]]:
    """Return, for each group, the mean share of its people, and that less the mean of all others, by Welch."""
    rows = []
    for name in sorted(named.dropna().unique(), key=str):
        mine, others = (share[known].to_numpy("float64") for known in (named == name, named.notna() & (named != name)))
        enough = len(mine) >= FEWEST_ALPHA
        row: dict[str, object] = {"half": half, "group": str(name), "n": len(mine)}
        row |= {"unanswered": float(mine.mean()) if enough else np.nan}
        told = welch(mine, others) if enough and len(others) >= FEWEST_ALPHA else (np.nan,) * 4
        rows.append(row | dict(zip(("difference", "low", "high", "p"), told, strict=True)))
    return rows


def welch(mine: NDArray[np.float64], others: NDArray[np.float64]) -> tuple[float, float, float, float]:
    """Return the difference of two means, its 95 % interval and p; where neither varies, the difference as it is.

    >>> [round(x, 3) for x in welch(np.array([1.0, 2.0, 3.0]), np.array([1.0, 1.0, 2.0, 2.0]))]
    [0.5, -1.554, 2.554, 0.495]
    """
    d = float(mine.mean() - others.mean())
    if mine.std() == 0 and others.std() == 0:
        return d, d, d, 1.0 if d == 0 else 0.0
    found = ttest_ind(mine, others, equal_var=False)
    ends = found.confidence_interval()
    return d, float(ends.low), float(ends.high), float(found.pvalue)


def holm_of(p: pd.Series, *, twice: bool) -> pd.Series:
    """Return p values held to their number; of two groups either is the other's rest, so a pair counts as one test.

    >>> holm_of(pd.Series([0.01, 0.04, np.nan]), twice=False).tolist()
    [0.02, 0.04, nan]
    """
    known = p.dropna().sort_values(kind="stable")
    of_a_pair = 2 if twice else 1
    left = np.ceil(np.arange(len(known), 0, -1) / of_a_pair)
    held = np.minimum(1.0, np.maximum.accumulate(known.to_numpy() * left)) if len(known) else known.to_numpy()
    return pd.Series(held, index=known.index).reindex(p.index)
