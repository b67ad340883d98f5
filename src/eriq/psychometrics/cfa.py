"""Confirmatory factor analysis: whether one factor, or one per half, fits; the only door to semopy."""

import importlib.util
import warnings
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from eriq.errors import DependencyError
from eriq.psychometrics.reliability import not_assessable

FEWEST_CFA = 200  # people with every answer (Kline 2016, chapter 1)
INDICES = ("chi2", "df", "p", "cfi", "tli", "rmsea", "srmr")


def require_semopy() -> None:
    """Raise DependencyError unless semopy is there."""
    if importlib.util.find_spec("semopy") is None:
        raise DependencyError(
            "fit indices of factor models need semopy: pip install 'eriq[psychometrics]'; or leave them out with "
            "--without-cfa"
        )


def cfa_fit(places: pd.DataFrame, name: str, model: str, factors: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Return how well declared factors fit the covariances of people with every answer: one row of `CFA_FIT`.

    Maximum likelihood on answers as numbers; with five levels and moderate skew the indices are usable (Rhemtulla and
    others 2012, Psychol Methods 17:354).

    Parameters
    ----------
    places : DataFrame of shape (n_clients, any)
    name, model : str
        Of the scale, and of the model in words.
    factors : mapping
        Factor -> its items.
    """
    items = [item for group in factors.values() for item in group]
    whole = places[items].dropna()
    row: dict[str, object] = {"scale": name, "model": model, "n": len(whole), **dict.fromkeys(INDICES, np.nan)}
    why = not_assessable(whole, FEWEST_CFA)
    if not why and min(len(group) for group in factors.values()) < (4 if len(factors) == 1 else 2):
        why = "one factor needs four items to be tested"
    if why:
        return pd.DataFrame([{**row, "why": why}])
    found = _fitted(whole, factors)
    settled = found is not None and all(np.isfinite(found[index]) for index in INDICES)
    return pd.DataFrame([{**row, **(found or {}), "why": ""} if settled else {**row, "why": "the fit did not settle"}])


def _fitted(whole: pd.DataFrame, factors: Mapping[str, Sequence[str]]) -> dict[str, float] | None:
    import semopy

    # Names of ours, so that no id of an item is read as syntax.
    names = {item: f"x{place}" for place, item in enumerate(whole.columns)}
    lines = [f"f{place} =~ " + " + ".join(names[i] for i in group) for place, group in enumerate(factors.values())]
    data = whole.rename(columns=names)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        model = semopy.Model("\n".join(lines))
        try:
            settled = model.fit(data, obj="MLW")
            stats = semopy.calc_stats(model).iloc[0]
            implied = model.calc_sigma()[0]
        except (np.linalg.LinAlgError, ValueError):
            return None
    if not settled.success:
        return None
    order = model.vars["observed"]
    observed = np.cov(data[order].to_numpy("float64"), rowvar=False, bias=True)
    scale = np.sqrt(np.outer(np.diag(observed), np.diag(observed)))
    lower = np.tril_indices(len(observed))
    apart = ((observed - implied) / scale)[lower]
    return {
        "chi2": float(stats["chi2"]),
        "df": float(stats["DoF"]),
        "p": float(stats["chi2 p-value"]),
        "cfi": min(1.0, float(stats["CFI"])),
        "tli": float(stats["TLI"]),
        "rmsea": float(np.nan_to_num(stats["RMSEA"])),
        "srmr": float(np.sqrt(np.mean(apart**2))),
    }
