"""Belief before score: whether the caseworker had seen a forecast when the own one was written down."""

import pandas as pd

from eriq.disclosure import count_words
from eriq.instrument.instrument import Instrument

AFTER_SCORE = "belief recorded after a score was shown"


def after_score(answers: pd.DataFrame, instrument: Instrument) -> pd.Series:
    """Return where the caseworker's belief was recorded on a later day than a score of that wave was shown.

    A belief formed with the forecast in view is no opinion of its own: who learns from it learns from a forecast.
    Without `belief_recorded_on` the day of the answers counts. The same day proves nothing and is not marked; nor is a
    wave without a belief.

    Parameters
    ----------
    answers : DataFrame of shape (n_rows, any)
        ANSWERS, checked.
    instrument : Instrument

    Returns
    -------
    Series of bool, shape (n_rows,)

    Examples
    --------
    >>> from eriq.instrument.instrument import load_instrument
    >>> days = pd.to_datetime(["2024-03-01", "2024-03-03"])
    >>> answers = pd.DataFrame({"answered_on": days, "belief_recorded_on": days, "cw11": [4, 4]})
    >>> after_score(answers.assign(score_shown_on=pd.Timestamp("2024-03-02")), load_instrument("eriq22")).tolist()
    [False, True]
    """
    if instrument.belief is None:
        return pd.Series(False, index=answers.index)
    recorded = answers["belief_recorded_on"].fillna(answers["answered_on"])
    given = (answers[instrument.belief] >= 0).fillna(False).astype(bool)
    return (recorded > answers["score_shown_on"]) & given


def without_belief(answers: pd.DataFrame, instrument: Instrument) -> pd.DataFrame:
    """Return answers without the beliefs recorded after a score, so that no later wave is compared with them."""
    late = after_score(answers, instrument)
    if instrument.belief is None or not late.any():
        return answers
    return answers.assign(**{instrument.belief: answers[instrument.belief].mask(late)})


def kept_after_score(rows: pd.DataFrame, instrument: Instrument) -> tuple[str, ...]:
    """Return a sentence where beliefs recorded after a score are among the rows of a study."""
    late = after_score(rows, instrument)
    people = int(rows.loc[late, "client_id"].nunique())
    words = f"Careful: of {count_words(people)} people a {AFTER_SCORE} is used (belief_after_score: keep)."
    return (words,) if people else ()
