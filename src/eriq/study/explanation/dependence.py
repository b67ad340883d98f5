"""How the contribution of an item changes from answer to answer."""

import numpy as np
import pandas as pd

from eriq.study.explanation.explained import Contributions, Explained
from eriq.study.explanation.spread import around

MOST_LEVELS = 12  # an item with more is no choice between answers


def dependence(explained: Explained, found: Contributions) -> pd.DataFrame:
    """Return the mean contribution per answer level, in the order of the answers; n counts people.

    Low and high are `around` the contribution, by refits on resampled clients.
    """
    rows, share = [], explained.experiment.intervals.level
    for place, feature in enumerate(explained.used):
        if not feature.item:
            continue
        answer = found.matrix[:, place]
        levels = np.unique(answer[~np.isnan(answer)])
        if len(levels) > MOST_LEVELS:
            continue
        for level in levels:
            mine = answer == level
            value = found.model[mine, place].mean()
            again = np.array([refit[mine, place].mean() for refit in found.refits]).reshape(-1, 1)
            low, high = around(np.array([value]), again, share)
            instrument = explained.instrument
            rows.append(
                {
                    "item": feature.name,
                    "label": feature.labels.in_("en"),
                    "level": level,
                    "answer": instrument.answer_label(feature.item, level, "en") if instrument else f"{level:g}",
                    "n": len(np.unique(found.sample.client[mine])),
                    "contribution": value,
                    "low": low[0],
                    "high": high[0],
                }
            )
    return pd.DataFrame(rows)
