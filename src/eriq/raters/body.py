"""The caseworkers as a body: shares of variance, optimism, belief beside what happened, and changes."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm

from eriq.raters.rates import LEAST_PEOPLE, rate_ratio
from eriq.raters.variance import Share, caseworker_share
from eriq.tables.results import Results, as_result

Floats = NDArray[np.float64]

LEAST_FOR_A_DISTRIBUTION = 50  # caseworkers: below, an outer tenth would be fewer than five members of staff
AT = (0.1, 0.25, 0.5, 0.75, 0.9)
AS_THEY_ARE, ALIKE = "as clients are", "case mix alike"
CLIENT_HALF = "client_half"  # mean of what clients answer themselves, beside which a change of rater is read
MEASURES = ("mean size", "mean change")  # whichever way, and up or down
SIDES = ("the same", "another", "difference")
_Z = float(norm.ppf(0.975))


def body_tables(rows: pd.DataFrame, items: tuple[str, ...], expected: Floats | None = None) -> Results:
    """Return what can be said of the caseworkers of a cohort without naming or ranking any.

    Parameters
    ----------
    rows : DataFrame of shape (n_waves, any)
        In order of client and date: client, caseworker (a gap: not recorded), answered_on, outcome, the items as
        ordered numbers, belief (NaN: no answer), and `CLIENT_HALF` where clients answer too.
    items : tuple of str
        Answered by the caseworker.
    expected : array of shape (n_waves,), optional
        Probability of the outcome by case mix alone, from fits that did not see the client.

    Returns
    -------
    Results
        rater_shares, rater_optimism, rater_belief, rater_jumps.

    Examples
    --------
    >>> empty = pd.DataFrame({"client": ["a"], "caseworker": ["x"], "answered_on": pd.to_datetime(["2014-01-01"])})
    >>> tables = body_tables(empty.assign(outcome=0.0, belief=1.0, cw01=2.0), ("cw01",))
    >>> tables["rater_shares"]["estimate"].isna().all(), len(tables["rater_optimism"])
    (np.True_, 0)
    """
    rows = rows.assign(expected=np.full(len(rows), np.nan) if expected is None else expected)
    rated = rows[rows["caseworker"].notna()]
    first = rated.drop_duplicates("client")
    staff = first["caseworker"].to_numpy(object)
    shares = {item: caseworker_share(first[item].to_numpy("float64"), staff) for item in (*items, "belief")}
    mixes = {AS_THEY_ARE: shares["belief"]}
    if rows["expected"].notna().any():
        mixes[ALIKE] = shares[f"belief, {ALIKE}"] = belief_share(rated)
    tables = {
        "rater_shares": pd.DataFrame([_share_line(name, share) for name, share in shares.items()]),
        "rater_optimism": pd.concat([_distribution(share, mix) for mix, share in mixes.items()]),
        "rater_belief": _by_belief(rated),
        "rater_jumps": pd.DataFrame(_jumps(rows, ("belief", *items, CLIENT_HALF))),
    }
    return {name: as_result(name, table) for name, table in tables.items()}


def ratio_table(rows: pd.DataFrame, expected: Floats | None = None) -> Results:
    """Return rate ratios of the outcome that go with a change of caseworker, and with many clients: rater_ratios.

    Parameters
    ----------
    rows : DataFrame of shape (n_waves, any)
        As in `body_tables`; the outcome in windows that do not overlap, as the next change falls into a longer one.
    expected : array of shape (n_waves,), optional
    """
    rows = rows.assign(expected=np.full(len(rows), np.nan) if expected is None else expected)
    rated, changed = rows["caseworker"].notna(), changed_since(rows)
    ever = changed.fillna(False).astype(int).groupby(rows["client"]).cumsum() > 0
    load = rows.groupby(["caseworker", rows["answered_on"].dt.to_period("Q")])["client"].transform("nunique")
    asked = (
        ("a change of caseworker since the first questionnaire", changed.notna(), ever, "client"),
        ("a change of caseworker since the questionnaire before", changed.notna(), changed.fillna(False), "client"),
        ("more clients per caseworker and quarter than the median", rated, load > load[rated].median(), "caseworker"),
    )
    lines = []
    for words, known, here, cluster in asked:
        for mix in (AS_THEY_ARE, ALIKE):
            part = rows[known & rows["expected"].notna() if mix == ALIKE else known]
            if mix == ALIKE and part.empty:
                continue
            ratio = rate_ratio(
                part["outcome"].to_numpy("float64"),
                here[part.index].to_numpy(bool),
                part[cluster].to_numpy(object),
                expected=part["expected"].to_numpy("float64") if mix == ALIKE else None,
            )
            numbers = {"estimate": ratio.estimate, "low": ratio.low, "high": ratio.high, "n": ratio.n}
            lines.append({"of": words, "case_mix": mix, **numbers, "why_not": ratio.why_not})
    return {"rater_ratios": as_result("rater_ratios", pd.DataFrame(lines))}


def belief_share(rated: pd.DataFrame) -> Share:
    """Return the caseworker's share of belief that goes beyond what the case mix tells; first waves alone.

    Parameters
    ----------
    rated : DataFrame of shape (n_waves, any)
        client, caseworker, belief and expected, in order of client and date; without `expected` it is belief itself.
    """
    first = rated.drop_duplicates("client")
    belief, expected = first["belief"].to_numpy("float64"), first["expected"].to_numpy("float64")
    staff = first["caseworker"].to_numpy(object)
    known = ~np.isnan(belief) & ~np.isnan(expected)
    if known.sum() < LEAST_PEOPLE:
        return caseworker_share(belief, staff)
    odds = np.log(expected / (1 - expected))
    apart = odds[known] - odds[known].mean()
    spread = float(apart @ apart)
    slope = float(apart @ belief[known]) / spread if spread > 0 else 0.0
    return caseworker_share(belief - slope * odds, staff)


def changed_since(rows: pd.DataFrame) -> pd.Series:
    """Return per row whether the caseworker is another than at the client's wave before; a gap where one is unknown."""
    before = rows.groupby("client")["caseworker"].shift()
    return (rows["caseworker"] != before).astype("boolean").mask(before.isna() | rows["caseworker"].isna())


def _share_line(name: str, share: Share) -> dict[str, object]:
    numbers = {"estimate": share.estimate, "low": share.low, "high": share.high}
    return {"item": name, **numbers, "n": share.clients, "caseworkers": share.caseworkers, "why_not": share.why_not}


def _distribution(share: Share, mix: str) -> pd.DataFrame:
    """Return quantiles of shrunken optimism over caseworkers; nothing where they are few."""
    if len(share.optimism) < LEAST_FOR_A_DISTRIBUTION:
        return pd.DataFrame()
    values = np.quantile(share.optimism, AT)
    return pd.DataFrame({"case_mix": mix, "at": [f"{q:.0%}" for q in AT], "estimate": values, "n": len(share.optimism)})


def _by_belief(rated: pd.DataFrame) -> pd.DataFrame:
    """Return the rate of the outcome by answer to the belief item, and the rate that case mix alone would give."""
    lines = []
    ends = ("beyond", "beyond_low", "beyond_high")
    for answer, part in rated.dropna(subset=["belief"]).groupby("belief"):
        told = part[part["expected"].notna()]
        numbers = dict(zip(("estimate", "low", "high"), _mean(part["outcome"], part["client"]), strict=True))
        numbers |= dict(zip(ends, _mean(told["outcome"] - told["expected"], told["client"]), strict=True))
        counts = {"n": part["client"].nunique(), "events": part.loc[part["outcome"] == 1, "client"].nunique()}
        lines.append({"answer": f"{answer:g}", **numbers, "expected": told["expected"].mean(), **counts})
    return pd.DataFrame(lines)


def _jumps(rows: pd.DataFrame, items: tuple[str, ...]) -> Iterator[dict[str, object]]:
    """Yield how far answers move from wave to wave, where the caseworker stayed and where another one came."""
    changed = changed_since(rows)
    for item in items:
        if item not in rows:
            continue
        step = rows[item] - rows.groupby("client")[item].shift()
        kept = step.notna() & changed.notna()
        here, client = changed[kept].to_numpy(bool), rows["client"][kept]
        for measure, values in zip(MEASURES, (step[kept].abs(), step[kept]), strict=True):
            for side, line in zip(SIDES, _contrast(values.to_numpy("float64"), here, client), strict=True):
                yield {"item": item, "measure": measure, "caseworker": side, **line}


def _contrast(values: Floats, here: NDArray[np.bool_], client: pd.Series) -> list[dict[str, float]]:
    """Return the mean where `here` does not hold, where it does, and their difference, by the sandwich over clients.

    A client may have steps of both kinds, so the three share one sandwich and the difference is no sum of two.
    """
    who = client.factorize()[0]
    sides = [side for side in (~here, here) if side.any()]
    people = [len(np.unique(who[side])) for side in sides]
    if len(sides) < 2 or min(people) < LEAST_PEOPLE:
        gaps = dict.fromkeys(("estimate", "low", "high"), np.nan)
        counts = [len(np.unique(who[side])) for side in (~here, here)]
        return [{**gaps, "n": n} for n in (*counts, min(counts))]
    means = [float(values[side].mean()) for side in sides]
    pulls = [side * (values - mean) / side.sum() for side, mean in zip(sides, means, strict=True)]
    lines = []
    for middle, pull, n in zip(
        (*means, means[1] - means[0]), (*pulls, pulls[1] - pulls[0]), (*people, min(people)), strict=True
    ):
        half = _Z * float(np.sqrt((np.bincount(who, pull) ** 2).sum()))
        lines.append({"estimate": middle, "low": middle - half, "high": middle + half, "n": n})
    return lines


def _mean(values: pd.Series, client: pd.Series) -> tuple[float, float, float]:
    """Return a mean over rows and its interval, by the sandwich over clients; gaps where there is nothing."""
    if values.empty:
        return (np.nan,) * 3
    middle = float(values.mean())
    half = _Z * float(np.sqrt(((values - middle).groupby(client).sum() ** 2).sum())) / len(values)
    return middle, middle - half, middle + half
