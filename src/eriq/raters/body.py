"""The caseworkers as a body: shares of variance, optimism, belief beside what happened, and changes."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm

from eriq.raters.rates import rate_ratio
from eriq.raters.variance import Share, caseworker_share
from eriq.tables.results import Results, as_result

Floats = NDArray[np.float64]

LEAST_FOR_A_DISTRIBUTION = 50  # caseworkers: below, an outer tenth would be fewer than five members of staff
AT = (0.1, 0.25, 0.5, 0.75, 0.9)
_Z = float(norm.ppf(0.975))


def body_tables(rows: pd.DataFrame, items: tuple[str, ...], expected: Floats | None = None) -> Results:
    """Return what can be said of the caseworkers of a cohort without naming or ranking any.

    Parameters
    ----------
    rows : DataFrame of shape (n_waves, any)
        In order of client and date: client, caseworker, answered_on, outcome, the items as ordered numbers, and belief
        (NaN: no answer).
    items : tuple of str
        Answered by the caseworker.
    expected : array of shape (n_waves,), optional
        Probability of the outcome by case mix alone.

    Returns
    -------
    Results
        rater_shares, rater_optimism, rater_belief, rater_jumps, rater_ratios.

    Examples
    --------
    >>> empty = pd.DataFrame({"client": ["a"], "caseworker": ["x"], "answered_on": pd.to_datetime(["2014-01-01"])})
    >>> tables = body_tables(empty.assign(outcome=0.0, belief=1.0, cw01=2.0), ("cw01",))
    >>> tables["rater_shares"]["estimate"].isna().all(), len(tables["rater_optimism"])
    (np.True_, 0)
    """
    first = rows.drop_duplicates("client")
    staff = first["caseworker"].to_numpy(object)
    shares = {item: caseworker_share(first[item].to_numpy("float64"), staff) for item in (*items, "belief")}
    tables = {
        "rater_shares": pd.DataFrame([_share_line(name, share) for name, share in shares.items()]),
        "rater_optimism": _distribution(shares["belief"]),
        "rater_belief": _by_belief(rows, np.full(len(rows), np.nan) if expected is None else expected),
        "rater_jumps": _jumps(rows),
        "rater_ratios": _ratios(rows),
    }
    return {name: as_result(name, table) for name, table in tables.items()}


def changed_since(rows: pd.DataFrame) -> pd.Series:
    """Return per row whether the caseworker is another than at the client's wave before; a gap at the first wave."""
    before = rows.groupby("client")["caseworker"].shift()
    return (rows["caseworker"] != before).astype("boolean").mask(before.isna())


def _share_line(name: str, share: Share) -> dict[str, object]:
    numbers = {"estimate": share.estimate, "low": share.low, "high": share.high}
    return {"item": name, **numbers, "n": share.clients, "caseworkers": share.caseworkers, "why_not": share.why_not}


def _distribution(share: Share) -> pd.DataFrame:
    """Return quantiles of shrunken optimism over caseworkers; nothing where they are few."""
    if len(share.optimism) < LEAST_FOR_A_DISTRIBUTION:
        return pd.DataFrame()
    values = np.quantile(share.optimism, AT)
    return pd.DataFrame({"at": [f"{q:.0%}" for q in AT], "estimate": values, "n": len(share.optimism)})


def _by_belief(rows: pd.DataFrame, expected: Floats) -> pd.DataFrame:
    """Return the rate of the outcome by answer to the belief item, and the rate that case mix alone would give."""
    lines = []
    for answer, part in rows.assign(expected=expected).dropna(subset=["belief"]).groupby("belief"):
        numbers = dict(zip(("estimate", "low", "high"), _mean(part["outcome"], part["client"]), strict=True))
        counts = {"n": part["client"].nunique(), "events": part.loc[part["outcome"] == 1, "client"].nunique()}
        lines.append({"answer": f"{answer:g}", **numbers, "expected": part["expected"].mean(), **counts})
    return pd.DataFrame(lines)


def _jumps(rows: pd.DataFrame) -> pd.DataFrame:
    """Return how far belief moves from wave to wave, where the caseworker stayed and where another one came."""
    step = rows["belief"] - rows.groupby("client")["belief"].shift()
    lines = []
    for words, other in (("the same", False), ("another", True)):
        here = (changed_since(rows) == other).fillna(False).to_numpy(bool) & step.notna().to_numpy()
        low_high = _mean(step[here].abs(), rows["client"][here])
        numbers = dict(zip(("estimate", "low", "high"), low_high, strict=True))
        count = rows["client"][here].nunique()
        lines.append({"caseworker": words, **numbers, "spread": step[here].std(), "n": count})
    return pd.DataFrame(lines)


def _ratios(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rate ratios of the outcome that go with a change of caseworker, and with many clients per caseworker."""
    changed = changed_since(rows)
    later = changed.notna().to_numpy()
    quarter = rows["answered_on"].dt.to_period("Q")
    load = rows.groupby(["caseworker", quarter])["client"].transform("nunique").to_numpy("float64")
    asked = (
        ("a change of caseworker since the wave before", later, changed[later].to_numpy(bool), "client"),
        ("more clients per caseworker and quarter than the median", load > 0, load > np.median(load), "caseworker"),
    )
    lines = []
    for words, kept, here, cluster in asked:
        part = rows[kept]
        ratio = rate_ratio(part["outcome"].to_numpy("float64"), here, part[cluster].to_numpy(object))
        numbers = {"estimate": ratio.estimate, "low": ratio.low, "high": ratio.high, "n": ratio.n}
        lines.append({"of": words, **numbers, "why_not": ratio.why_not})
    return pd.DataFrame(lines)


def _mean(values: pd.Series, client: pd.Series) -> tuple[float, float, float]:
    """Return a mean over rows and its interval, by the sandwich over clients; gaps where there is nothing."""
    if values.empty:
        return (np.nan,) * 3
    middle = float(values.mean())
    half = _Z * float(np.sqrt(((values - middle).groupby(client).sum() ** 2).sum())) / len(values)
    return middle, middle - half, middle + half
