"""Belief before score: whether the caseworker had seen a forecast when the own one was written down."""

import datetime as dt
from pathlib import Path

import pandas as pd

from eriq.disclosure import count_words
from eriq.instrument.instrument import Instrument
from eriq.tables import schema
from eriq.tables.files import read_with_digest
from eriq.tables.schema import Column, Problem

AFTER_SCORE = "belief recorded after a score was shown"
EXPOSURES = (  # one row per client and wave, as the log of decisions gives them
    Column("client_id", "str", required=True),
    Column("answered_on", "datetime64[us]", required=True),
    Column("belief_recorded_on", "datetime64[us]", optional=True),
    Column("score_shown_on", "datetime64[us]", optional=True),
)


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


def read_exposures(path: Path, today: dt.date) -> tuple[pd.DataFrame, str, list[Problem]]:
    """Return a file of EXPOSURES typed, its digest, and what is wrong with it.

    Raises
    ------
    SourceError
        When it cannot be read.
    """
    given, sha256 = read_with_digest(path)
    exposures, problems = schema.check(given, EXPOSURES, "exposures")
    problems += schema.check_dates(exposures, "exposures", today)
    problems += schema.check_repeats(exposures, ["client_id", "answered_on"], "exposures")
    return exposures, sha256, problems


def with_exposures(answers: pd.DataFrame, exposures: pd.DataFrame) -> pd.DataFrame:
    """Return answers with what is known of their beliefs: the earliest day of a score, the latest of the own belief.

    Where two sources differ, the pair that makes the belief the less its own counts.

    >>> days = pd.to_datetime(["2024-03-01", "2024-03-09"])
    >>> keys = pd.DataFrame({"client_id": ["a", "b"], "answered_on": days})
    >>> known = keys.assign(belief_recorded_on=pd.NaT, score_shown_on=pd.NaT)
    >>> shown = keys.iloc[[1]].assign(belief_recorded_on=days[1], score_shown_on=days[0])
    >>> with_exposures(known, shown)["score_shown_on"].notna().tolist()
    [False, True]
    """
    keys = ["client_id", "answered_on"]
    beside = answers[keys].merge(exposures, on=keys, how="left", validate="many_to_one").set_index(answers.index)

    def both(name: str, which: str) -> pd.Series:
        parts = pd.concat([answers[name], beside[name]], axis="columns").astype("datetime64[us]")
        return parts.min(axis="columns") if which == "min" else parts.max(axis="columns")

    # A belief without a day of its own was recorded with the answers; a later day beside it is the one that counts.
    return answers.assign(
        belief_recorded_on=both("belief_recorded_on", "max"), score_shown_on=both("score_shown_on", "min")
    )


def kept_after_score(rows: pd.DataFrame, instrument: Instrument) -> tuple[str, ...]:
    """Return a sentence where beliefs recorded after a score are among the rows of a study."""
    late = after_score(rows, instrument)
    people = int(rows.loc[late, "client_id"].nunique())
    words = f"Careful: of {count_words(people)} people a {AFTER_SCORE} is used (belief_after_score: keep)."
    return (words,) if people else ()
