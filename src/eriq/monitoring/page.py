"""The tables of a monitor page as people read them: cleared tables in, fewer and narrower ones out."""

from collections.abc import Mapping

import pandas as pd

from eriq.model.bundle import Bundle
from eriq.monitoring.before import column_words
from eriq.monitoring.shift import MOVED, QUIET, UNKNOWN
from eriq.monitoring.watching import EVERYONE
from eriq.pages import interval, number

VERDICTS = (MOVED, QUIET, UNKNOWN)


def shapes(tables: Mapping[str, pd.DataFrame], model: Bundle) -> dict[str, pd.DataFrame]:
    """Return what the page shows, by name: everyone, summed, slices, body, months.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Cleared; as in `WATCHED`.
    model : Bundle
    """
    moved = tables["monitor_shift"]
    everyone = moved[moved["slice"] == EVERYONE]
    half = everyone["column"].map({feature.name: feature.respondent for feature in model.features}).fillna("all")
    return {
        "everyone": in_words(everyone, model),
        "summed": verdicts(everyone.assign(half=half), "half"),
        "slices": verdicts(moved[moved["slice"] != EVERYONE], "slice"),
        "body": _body(tables["monitor_body"]) if "monitor_body" in tables else pd.DataFrame(),
        "months": _months(tables["monitor_months"]),
    }


def in_words(everyone: pd.DataFrame, model: Bundle) -> pd.DataFrame:
    """Return how far each column moved, with labels in the place of names."""
    return pd.DataFrame(
        {
            "column": [column_words(model, name) for name in everyone["column"]],
            "n": everyone["n"],
            "index": _with_ends(everyone, "estimate", "low", "high"),
            "standardised": _with_ends(everyone, "effect", "effect_low", "effect_high"),
            "p (Holm)": everyone["p_holm"],
            "verdict": everyone["verdict"],
        }
    )


def verdicts(table: pd.DataFrame, by: str) -> pd.DataFrame:
    """Return per part how many columns got which verdict, the largest index, and the difference furthest from 0."""
    rows = []
    for name, some in table.groupby(by, sort=True):
        known = some["effect"].dropna()
        furthest = float(known.iloc[int(known.abs().to_numpy().argmax())]) if len(known) else None
        counts = {verdict: int((some["verdict"] == verdict).sum()) for verdict in VERDICTS}
        rows.append({by: name, **counts, "largest index": some["estimate"].max(), "furthest": furthest})
    return pd.DataFrame(rows)


def _body(table: pd.DataFrame) -> pd.DataFrame:
    """Return what is said of the body of caseworkers; a row that says nothing gives its reason instead."""
    words = table["verdict"].where(table["why"].fillna("") == "", table["verdict"] + ": " + table["why"].fillna(""))
    return pd.DataFrame(
        {
            "what": table["of"].where(table["band"].fillna("") == "", table["of"] + ", " + table["band"].fillna("")),
            "n": table["n"],
            "training": table["training"],
            "period": table["period"],
            "difference or share": _with_ends(table, "estimate", "low", "high"),
            "verdict": words,
        }
    )


def _months(table: pd.DataFrame) -> pd.DataFrame:
    """Return the months that say something."""
    said = table[(table["verdict"] != UNKNOWN) | table["auc"].notna()] if len(table) else table
    return pd.DataFrame(
        {
            **{name: said[name] for name in ("month", "n", "events") if name in said},
            **{m: _with_ends(said, m, f"{m}_low", f"{m}_high") for m in ("auc", "level", "slope") if m in said},
            **({"verdict": said["verdict"]} if len(said) else {}),
        }
    )


def _with_ends(table: pd.DataFrame, estimate: str, low: str, high: str) -> list[str]:
    """Return numbers with their intervals as text, a gap where there is none."""
    rows = zip(table[estimate], table[low], table[high], strict=True)
    return [
        f"{number(x, 2)} ({interval(a, b, 2)})" if pd.notna(x) and pd.notna(a) else number(x, 2) for x, a, b in rows
    ]
