"""The model against people: human forecasts and the best simple rule."""

from collections.abc import Sequence

import pandas as pd

from eriq.study.design.contender import Contender

HUMAN = ("level_rates", "best_rule")  # estimators that put into numbers what a person says or could remember
COLUMNS = ["model", "human", "measure", "estimate", "low", "high", "beats"]


def against_people(differences: pd.DataFrame, with_: str, contenders: Sequence[Contender]) -> pd.DataFrame:
    """Return the AUC of the declared model less that of each human forecast and of the best rule.

    Parameters
    ----------
    differences : DataFrame
        Of all pairs, either way round.
    with_ : str
        Name of the declared model.
    contenders : sequence of Contender
    """
    people = [c.name for c in contenders if c.estimator in HUMAN and c.name != with_]
    auc = differences[differences["measure"] == "auc"]
    rows = []
    for name in people:
        pair = auc[auc["contender"].isin([with_, name]) & auc["baseline"].isin([with_, name])]
        for row in pair.to_dict("records"):
            estimate, low, high = (float(row[end]) for end in ("estimate", "low", "high"))
            if row["contender"] != with_:
                estimate, low, high = -estimate, -high, -low
            beats = "yes" if low > 0 else "no: it does worse" if high < 0 else "not shown"
            rows.append((with_, name, "auc", estimate, low, high, beats))
    return pd.DataFrame(rows, columns=COLUMNS)
