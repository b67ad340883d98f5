"""Typical people, invented: the middle answer to every question, of those with the outcome and of those without."""

import numpy as np
import pandas as pd

from eriq.disclosure import min_people
from eriq.features import Feature
from eriq.features.flat import answer_words
from eriq.features.sensitive import units
from eriq.model.calibrator import expit
from eriq.study.explanation.explained import Contributions, Explained, by_column
from eriq.tables.people import WITH_OUTCOME, WITHOUT_OUTCOME

REASONS = 6  # of each person


def typical(explained: Explained, found: Contributions) -> pd.DataFrame:
    """Return what moves the forecast of two invented people: column by column the median of a group, so no real row.

    Parameters
    ----------
    explained : Explained
    found : Contributions
        The rows of its sample give the medians.

    Returns
    -------
    DataFrame
        person, forecast, place, label, answer, contribution; empty where either group has too few people.
    """
    outcome, client = found.sample.outcome, found.sample.client
    groups = {WITH_OUTCOME: outcome == 1, WITHOUT_OUTCOME: outcome == 0}
    if min(len(np.unique(client[rows])) for rows in groups.values()) < 4 * min_people():
        return pd.DataFrame()
    middle = np.array([_middle(found.matrix[rows]) for rows in groups.values()])
    names, member = units(explained.used)
    values = by_column(explained.model, middle)
    by_name = {f.name: (place, f) for place, f in enumerate(explained.used)}
    lines: list[dict[str, object]] = []
    for person, row, value in zip(groups, middle, values, strict=True):
        parts = value[:-1] @ member
        told = [place for place in np.argsort(-np.abs(parts), kind="stable") if names[place] in by_name][:REASONS]
        for order, place in enumerate(told, 1):
            at, feature = by_name[names[place]]
            lines.append(
                {
                    "person": person,
                    "forecast": float(expit(value.sum())),
                    "place": order,
                    "label": feature.labels.in_("en"),
                    "answer": _words(explained, feature, row[at]),
                    "contribution": parts[place],
                }
            )
    return pd.DataFrame(lines)


def _middle(matrix: np.ndarray) -> np.ndarray:
    """Return a median that is a value there is, for each column; a gap where most have one."""
    gaps = np.isnan(matrix).mean(axis=0) > 0.5
    filled = np.where(gaps, 0.0, matrix)
    return np.where(gaps, np.nan, np.nanquantile(filled, 0.5, axis=0, method="closest_observation"))


def _words(explained: Explained, feature: Feature, value: float) -> str:
    """Return an answer or a register fact as a person reads it."""
    if np.isnan(value):
        return "no answer" if feature.item else "not known"
    if feature.item and explained.instrument is not None:
        return explained.instrument.answer_label(feature.item, value, "en")
    return answer_words(feature, float(f"{value:.3g}"), "en")
