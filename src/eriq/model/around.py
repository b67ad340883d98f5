"""What a saved model knows of who answered in training: caseworkers as a body, and which halves; nobody by id."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field

from eriq.config import Section
from eriq.disclosure import min_people
from eriq.model.distributions import Binned, binned

STAFF = 20  # caseworkers, under which nothing is kept or said of them


class Around(Section):
    """Who stood around the columns of a training: counts alone, rounded, none of fewer than five."""

    caseworkers: Binned | None = None  # by the mean belief of each, in places of the scale; none: too few
    answered: dict[str, int] = Field({})  # clients by the halves that they and their caseworkers answered


def mean_beliefs(rows: pd.DataFrame) -> NDArray[np.float64]:
    """Return the mean belief of every caseworker, each client counted once with each.

    Parameters
    ----------
    rows : DataFrame
        client_id, caseworker_id, belief (places of the scale, gaps NaN), in order of days.

    Examples
    --------
    >>> rows = pd.DataFrame({"client_id": list("aab"), "caseworker_id": ["w"] * 3, "belief": [1.0, 9.0, 2.0]})
    >>> mean_beliefs(rows).tolist()
    [1.5]
    """
    known = rows.dropna(subset=["caseworker_id", "belief"]).drop_duplicates(["caseworker_id", "client_id"])
    return known.groupby("caseworker_id")["belief"].mean().to_numpy("float64")


def answered_words(halves: pd.DataFrame) -> pd.Series:
    """Return in words which halves were answered enough to be scored from.

    >>> halves = pd.DataFrame({"caseworker": [True, True, False], "client": [True, False, False]})
    >>> answered_words(halves).tolist()
    ['both halves', 'caseworker only', 'neither half']
    """
    words = pd.Series("both halves" if len(halves.columns) == 2 else "every half", index=halves.index, dtype="str")
    for name in halves:
        words = words.mask(halves[name] & (halves.sum(axis=1) == 1), f"{name} only")
    return words.mask(~halves.any(axis=1), "neither half")


def around(rows: pd.DataFrame, halves: pd.DataFrame | None) -> Around:
    """Return what is kept of who answered.

    Parameters
    ----------
    rows : DataFrame of shape (n_rows, any)
        As `mean_beliefs` takes them.
    halves : DataFrame of shape (n_rows, n_respondents), optional
        Of `usable_halves`; a client counts once, with the first questionnaire.
    """
    means, least = mean_beliefs(rows), min_people()
    counts: dict[str, int] = {}
    if halves is not None:
        once = ~rows["client_id"].duplicated().to_numpy()
        found = answered_words(halves.loc[once]).value_counts().sort_index()
        counts = {str(name): int(least * np.round(n / least)) for name, n in found.items()}
    return Around(caseworkers=binned(means, measured=True) if len(means) >= STAFF else None, answered=counts)
