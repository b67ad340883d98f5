"""Rows with a known outcome stand for those whose follow-up broke off (inverse probability of censoring weighting).

The weight of a row is 1 over the chance that somebody of its stratum is still followed when its outcome becomes known:
just before its event, or just before the horizon if the event did not come by then. Rows censored before that weigh 0.
This repairs the loss where, within strata, the end of follow-up says nothing about the outcome. It cannot stand for
strata in which nobody is followed to the horizon, such as the last quarters of an intake: their rows are left out, all
of them and by number, since their early events alone would raise the rate.

The curve of follow-up is taken as known: intervals do not cover its estimation, which tends to make them too wide.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from eriq.config.censoring import Ipcw
from eriq.errors import CohortError
from eriq.study.design.survival import Floats, censoring_curve
from eriq.tables.time_to_entry import happened_by, known_by

EVERYONE = "all"  # the stratum of a model without strata, and the row of totals


@dataclass(frozen=True, slots=True, eq=False)
class CensoringWeights:
    """One weight per row, and what the weights are like."""

    weight: Floats  # (n_rows,), 0 for rows that are censored or in a stratum without support
    supported: np.ndarray  # (n_rows,), whether the row's stratum has somebody followed to the horizon
    diagnostics: pd.DataFrame  # see `censoring_weights`


def strata(rows: pd.DataFrame, by: Sequence[str]) -> np.ndarray:
    """Return the name of each row's stratum.

    Parameters
    ----------
    rows : DataFrame of shape (n_rows, any)
        answered_on, and job_centre where it is in `by`; an unknown job centre is a stratum of its own.
    by : sequence of str
        Of "quarter", "year" and "job_centre"; nothing is one stratum for everyone.

    Examples
    --------
    >>> rows = pd.DataFrame({"answered_on": pd.to_datetime(["2020-02-03"]), "job_centre": ["north"]})
    >>> strata(rows, ["quarter", "job_centre"]).tolist()
    ['2020Q1, north']
    """
    if not by:
        return np.full(len(rows), EVERYONE, dtype=object)
    parts = [_names(rows, name) for name in by]
    return np.array([", ".join(names) for names in zip(*parts, strict=True)], dtype=object)


def _names(rows: pd.DataFrame, by: str) -> list[str]:
    if by == "job_centre":
        return list(rows["job_centre"].fillna("unknown"))
    return list(rows["answered_on"].dt.to_period("Q" if by == "quarter" else "Y").astype("str"))


def censoring_weights(
    times: pd.DataFrame, horizon_days: int, stratum: np.ndarray, model: Ipcw | None = None
) -> CensoringWeights:
    """Return weights by a Kaplan-Meier curve of follow-up within each stratum.

    Parameters
    ----------
    times : DataFrame of shape (n_rows, 3)
        days, event, followed_days, as `eriq.tables.time_to_entry` returns them.
    horizon_days : int
        The event counts if it comes by this day, the day included.
    stratum : ndarray of shape (n_rows,)
        As `strata` returns it.
    model : Ipcw, optional
        Limits of the weights.

    Returns
    -------
    CensoringWeights
        Diagnostics have one row per stratum and one for all: stratum, rows, known (rows with a known outcome), followed
        (rows followed to the horizon), supported, left_out (rows of strata without support), rate (weighted share with
        the event), rate_leave_out (the share among rows followed to the horizon), largest (weight before it was cut),
        cut (rows whose weight was cut), effective (rows of weight 1 that carry as much information).

    Raises
    ------
    CohortError
        When in no stratum anybody is followed to the horizon.

    References
    ----------
    Robins and Finkelstein (2000), Biometrics 56, 779-788; Graf et al. (1999), Statistics in Medicine 18, 2529-2545;
    the effective number is Kish's, (sum of weights)^2 / sum of squares.

    Examples
    --------
    >>> times = pd.DataFrame({"days": [100, 365, 365, 90], "event": [True, False, False, False]})
    >>> made = censoring_weights(times.assign(followed_days=[400, 365, 365, 90]), 365, np.full(4, "all"))
    >>> made.weight.round(4).tolist()
    [1.3333, 1.3333, 1.3333, 0.0]
    """
    limits = model or Ipcw()
    days, event = times["days"].to_numpy(), times["event"].to_numpy(bool)
    known = known_by(times, horizon_days)
    followed = times["followed_days"].to_numpy() >= horizon_days
    codes, _ = pd.factorize(stratum)
    raw, supported = np.zeros(len(times)), np.zeros(len(times), dtype=bool)
    for code in range(codes.max() + 1):
        rows = np.flatnonzero(codes == code)
        if followed[rows].any():
            supported[rows] = True
            used = rows[known[rows]]
            raw[used] = 1 / censoring_curve(days[rows], event[rows]).before(np.minimum(days[used], horizon_days))
    if not supported.any():
        raise CohortError(
            f"weights for censored rows: in none of the {codes.max() + 1} strata is anybody followed for "
            f"{horizon_days} days. Declare wider strata under censoring.by, or leave censored rows out"
        )
    weight = np.minimum(raw, _largest(raw, limits))
    facts = pd.DataFrame(
        {
            "stratum": stratum,
            "weight": weight,
            "raw": raw,
            "known": known,
            "followed": followed,
            "supported": supported,
            "happened": happened_by(times, horizon_days),
        }
    )
    parts = [_diagnosis(str(name), part) for name, part in facts.groupby("stratum", sort=True)]
    if len(parts) > 1:
        parts.append(_diagnosis(EVERYONE, facts))
    return CensoringWeights(weight, supported, pd.DataFrame(parts))


def _largest(raw: Floats, limits: Ipcw) -> float:
    """Return the largest weight that stays, from the declared limit and quantile of the positive weights."""
    return min(limits.largest_weight, float(np.quantile(raw[raw > 0], limits.quantile)))


def _diagnosis(stratum: str, facts: pd.DataFrame) -> dict[str, str | int | float | bool]:
    weight, followed = facts["weight"].to_numpy(), facts["followed"].to_numpy()
    happened = facts["happened"].to_numpy()
    total = float(weight.sum())
    return {
        "stratum": stratum,
        "rows": len(facts),
        "known": int(facts["known"].sum()),
        "followed": int(followed.sum()),
        "supported": bool(facts["supported"].all()),
        "left_out": int((~facts["supported"]).sum()),
        "rate": float(weight @ happened) / total if total else np.nan,
        "rate_leave_out": float(happened[followed].mean()) if followed.any() else np.nan,
        "largest": float(facts["raw"].max()),
        "cut": int((facts["raw"] > weight).sum()),
        "effective": total**2 / float(weight @ weight) if total else 0.0,
    }
