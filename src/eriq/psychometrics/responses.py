"""How people answered: straight lines, long runs, haste, and what was left unanswered, by whom."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import chi2_contingency

from eriq.psychometrics.reliability import FEWEST_ALPHA

LONG_RUN = 8  # equal answers one after the other
SECONDS = 2.0  # an item; quicker than that nobody reads one (Huang and others 2012, J Bus Psychol 27:99)
PATTERNS = 10  # of missing answers, the most frequent
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
    """Return the share of answers left out by group or arm, and whether groups differ: `MISSING_BY_GROUP`.

    Parameters
    ----------
    codes : DataFrame of shape (n_clients, n_items)
        One row per client.
    halves : mapping
        Respondent -> items.
    groups : DataFrame of shape (n_clients, n_columns)
        A verdict needs 30 people in two groups. It tests questionnaires with any gap by group (chi-squared).
    """
    rows: list[dict[str, object]] = []
    for column in groups:
        for who, items in halves.items():
            gap = codes[list(items)].isna()
            any_gap, share = gap.any(axis=1), gap.mean(axis=1)
            named = groups[column].astype("object")
            size = named.value_counts()
            large = sorted(size.index[size >= FEWEST_ALPHA])
            crossed = pd.crosstab(named[named.isin(large)], any_gap[named.isin(large)])
            p = float(chi2_contingency(crossed)[1]) if crossed.shape[0] > 1 and crossed.shape[1] > 1 else np.nan
            shares = {name: float(share[named == name].mean()) for name in large}
            apart = max(shares.values()) - min(shares.values()) if len(shares) > 1 else np.nan
            alike = ALIKE if np.isnan(p) or p >= 0.05 or apart < LARGE_GAP else DIFFERS
            verdict = UNSAID if np.isnan(apart) else alike
            rows += [
                {
                    "column": str(column),
                    "half": who,
                    "group": str(name),
                    "n": int(size[name]),
                    "unanswered": shares.get(name, np.nan),
                    "p": p,
                    "verdict": verdict,
                }
                for name in sorted(size.index, key=str)
            ]
    return pd.DataFrame(rows)
