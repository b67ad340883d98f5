"""What was answered: how answers are spread, what was left unanswered, and how far the two halves agree."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pandas as pd
from sklearn.metrics import cohen_kappa_score

from eriq.features import Feature
from eriq.instrument.instrument import Instrument
from eriq.study.design.study import Study
from eriq.tables.people import UNANSWERED
from eriq.tables.results import Results, as_result

MOST_LEVELS = 12  # an item with more is no choice between answers


def answer_tables(study: Study) -> Results:
    """Return how the answers to each item are spread, and how far two respondents agree: answers, halves.

    Parameters
    ----------
    study : Study
        Rows whose outcome is known count, each once.

    Returns
    -------
    mapping of str to DataFrame
        Those that hold something.
    """
    items = [f for f in study.features if f.item and f.name in study.design.matrix]
    made = {"answers": pd.DataFrame(_spread(study, items))}
    if study.instrument is not None:
        made["halves"] = pd.DataFrame(_halves(study, items, study.instrument))
    return {name: as_result(name, table) for name, table in made.items() if len(table)}


def _spread(study: Study, items: list[Feature]) -> Iterator[dict[str, object]]:
    design, instrument = study.judged, study.instrument
    for feature in items:
        value = design.matrix[feature.name].to_numpy("float64")
        levels = np.unique(value[~np.isnan(value)])
        if len(levels) > MOST_LEVELS or feature.item is None:
            continue
        if instrument is not None and feature.item in instrument.by_id:
            levels = np.arange(len(instrument.levels(feature.item)), dtype=float)
        for level in (*levels, np.nan):
            rows = np.isnan(value) if np.isnan(level) else value == level
            known = instrument.answer_label(feature.item, level, "en") if instrument and not np.isnan(level) else ""
            yield {
                "item": feature.name,
                "label": feature.labels.in_("en"),
                "respondent": feature.respondent,
                "level": level,
                "answer": UNANSWERED if np.isnan(level) else known or f"{level:g}",
                "people": len(np.unique(design.client[rows])),
                "rows": int(rows.sum()),
                "share": float(rows.mean()),
            }


def _halves(study: Study, items: list[Feature], instrument: Instrument) -> Iterator[dict[str, object]]:
    """Yield the agreement of two respondents on each indicator that both were asked about, on one scale.

    References
    ----------
    Cohen (1968), Psychological Bulletin 70, 213-220: kappa with quadratic weights.
    """
    design, by_indicator = study.judged, dict[str, list[Feature]]()
    for feature in items:
        if feature.item in instrument.by_id:
            by_indicator.setdefault(instrument.by_id[str(feature.item)].indicator, []).append(feature)
    for indicator, asked in by_indicator.items():
        for first, second in pairwise(asked):
            sizes = [len(instrument.levels(str(f.item))) for f in (first, second)]
            if first.respondent == second.respondent or sizes[0] != sizes[1]:
                continue
            both = design.matrix[[first.name, second.name]].dropna()
            a, b = (both[f.name].to_numpy().astype(int) for f in (first, second))
            several = len(both) > 0 and len(np.unique(np.concatenate([a, b]))) > 1
            levels = np.arange(sizes[0])
            yield {
                "indicator": instrument.indicators[indicator].in_("en"),
                "first": first.respondent,
                "second": second.respondent,
                "people": len(np.unique(design.client[both.index])),
                "rows": len(both),
                "same": float((a == b).mean()) if len(both) else np.nan,
                "within_one": float((np.abs(a - b) <= 1).mean()) if len(both) else np.nan,
                "kappa": cohen_kappa_score(a, b, labels=levels, weights="quadratic") if several else np.nan,
            }
