"""Scorecards as they are printed: points per answer, and what each sum of them means."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from eriq.features import Feature
from eriq.features.flat import answer_words
from eriq.features.sensitive import SENSITIVE_LABEL
from eriq.instrument.instrument import Instrument
from eriq.model.calibrator import expit
from eriq.study.design.contender import Contender
from eriq.study.design.design import Design
from eriq.study.learning.scorecard import Scorecard, Steps
from eriq.study.learning.training import columns_of, fit
from eriq.tables.results import Results, as_result

MOST_SUMS = 20  # lines of the second table; with more sums every second, third, ... is printed


def scorecards(
    contenders: Sequence[Contender],
    design: Design,
    features: Sequence[Feature],
    seed: int,
    instrument: Instrument | None = None,
) -> Results:
    """Return the scorecards among the contenders, fitted on all rows: nothing where there is none.

    Returns
    -------
    mapping of str to DataFrame
        ``scorecard`` with points per answer of each column that has any, and ``scorecard_sums`` with the forecast of
        sums of points before any calibration.
    """
    points: list[dict[str, object]] = []
    sums: list[dict[str, object]] = []
    for contender in (c for c in contenders if c.estimator == "scorecard"):
        card: Scorecard = fit(replace(contender, settings=()), design, features, seed=seed).estimator
        used, mains = columns_of(contender, features), card.points_.mains
        for feature, steps, main in zip(used, card.steps_, mains, strict=True):
            if np.ptp(main) > 0:
                label = SENSITIVE_LABEL.in_("en") if feature.sensitive else feature.labels.in_("en")
                for answer, worth in _answers(feature, steps, main, instrument):
                    points.append({"contender": contender.name, "label": label, "answer": answer, "points": int(worth)})
        most = int(sum(main.max() for main in mains))
        for total in range(0, most + 1, max(1, -(-most // MOST_SUMS))):
            forecast = float(expit(card.forecast_.apply(np.array(float(total)))))
            sums.append({"contender": contender.name, "points": total, "forecast": forecast})
    tables = {"scorecard": points, "scorecard_sums": sums}
    return {name: as_result(name, pd.DataFrame(rows)) for name, rows in tables.items() if rows}


def _answers(
    feature: Feature, steps: Steps, main: np.ndarray, instrument: Instrument | None
) -> Iterator[tuple[str, float]]:
    """Yield the words of each interval with other points than its neighbour, and of a gap, with the points."""
    if steps.names:
        for name in steps.at.tolist():
            yield _one(feature, name, instrument), main[int(np.searchsorted(steps.upper, name))]
        yield "another, or not known", main[-2]
        return
    ends = [end for k, end in enumerate(steps.at.tolist()) if main[k] != main[k + 1]]
    low = ""
    for number, end in enumerate([*ends, np.inf]):
        worth = main[int(np.searchsorted(steps.upper, end))]
        high = "" if np.isinf(end) else f"up to {_one(feature, end, instrument)}"
        words = " and ".join(part for part in (low, high) if part) or "any"
        yield (f"step {number + 1}" if feature.sensitive else words), worth
        low = f"above {_one(feature, end, instrument)}" if not np.isinf(end) else ""
    if steps.gaps:
        yield "not known", main[-1]


def _one(feature: Feature, value: float, instrument: Instrument | None) -> str:
    """Return an answer or a level in words, or the number."""
    if feature.sensitive:
        return "a step"
    if feature.item and instrument is not None and float(value).is_integer():
        return instrument.answer_label(feature.item, value, "en")
    if feature.levels and 0 <= value < len(feature.levels):
        return answer_words(feature, value, "en")
    return f"{value:g}"
