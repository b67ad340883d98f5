"""Who agreed that their answers are used: one rule for training, scoring, sheets and the look at the questionnaire."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Flags = NDArray[np.bool_]


def was_asked(answers: pd.DataFrame) -> bool:
    """Return whether anybody's answer to the question for consent is there."""
    return "consent" in answers and bool(answers["consent"].notna().any())


def not_given(answers: pd.DataFrame) -> Flags:
    """Return rows without a yes: a no, and a blank.

    >>> not_given(pd.DataFrame({"consent": pd.array([1, 0, None], "Int8")})).tolist()
    [False, True, True]
    """
    return ~answers["consent"].eq(1).fillna(False).to_numpy(bool)


def withdrawn(answers: pd.DataFrame) -> Flags:
    """Return every row of a client who withdrew in any of them; a row without a client counts for itself.

    >>> left = [None, "2020-01-01", None]
    >>> withdrawn(pd.DataFrame({"client_id": ["a", "a", "b"], "consent_withdrawn_on": left})).tolist()
    [True, True, False]
    """
    if "consent_withdrawn_on" not in answers:
        return np.zeros(len(answers), dtype=bool)
    gone = answers["consent_withdrawn_on"].notna().to_numpy(bool)
    clients = answers.loc[gone, "client_id"].dropna()
    return gone | answers["client_id"].isin(clients).to_numpy(bool)


def agreed(answers: pd.DataFrame, *, asked: bool | None = None) -> Flags:
    """Return rows that may be used: a yes where consent was asked for, and no withdrawal.

    Parameters
    ----------
    answers : DataFrame of shape (n_rows, any)
        ANSWERS, checked.
    asked : bool, optional
        Whether consent was asked for; by default, whether any row answers that.
    """
    asked = was_asked(answers) if asked is None else asked
    left = withdrawn(answers)
    return ~(left | not_given(answers)) if asked else ~left
