"""How the contribution of an item changes from answer to answer."""

import numpy as np
import pandas as pd

from eriq.study.explanation.explained import Contributions, Explained

MOST_LEVELS = 12  # an item with more is no choice between answers


def dependence(explained: Explained, found: Contributions) -> pd.DataFrame:
    """Return the mean contribution per answer level, in the order of the answers; n counts people.

    Low and high are the range over refits on resampled clients.
    """
    rows = []
    for place, feature in enumerate(explained.used):
        if not feature.item:
            continue
        answer = found.matrix[:, place]
        levels = np.unique(answer[~np.isnan(answer)])
        if len(levels) > MOST_LEVELS:
            continue
        for level in levels:
            mine = answer == level
            again = [refit[mine, place].mean() for refit in found.refits]
            instrument = explained.instrument
            rows.append(
                {
                    "item": feature.name,
                    "label": feature.labels.en,
                    "level": level,
                    "answer": instrument.answer_label(feature.item, level, "en") if instrument else f"{level:g}",
                    "n": len(np.unique(found.sample.client[mine])),
                    "contribution": found.model[mine, place].mean(),
                    "low": min(again, default=np.nan),
                    "high": max(again, default=np.nan),
                }
            )
    return pd.DataFrame(rows)
