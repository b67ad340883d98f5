"""Long answers: one row per item becomes one row per questionnaire."""

import numpy as np
import pandas as pd

from eriq.config import Part
from eriq.errors import SchemaError, bullets
from eriq.instrument.instrument import Instrument
from eriq.tables.cells import cell_text
from eriq.tables.schema import Problem
from eriq.tables.words import codes_told

NO_ROWS = np.empty(0, dtype=np.int64)


def wide_answers(
    frame: pd.DataFrame, instrument: Instrument, part: Part = "answers"
) -> tuple[pd.DataFrame, list[Problem]]:
    """Return one row per questionnaire from one row per item.

    Parameters
    ----------
    frame : DataFrame of shape (n_answers, any)
        Under our names: client_id, answered_on, item, answer, and what else holds for the whole questionnaire.
    instrument : Instrument
    part : str
        Named in the problems.

    Returns
    -------
    wide : DataFrame
        In the order of first rows; items that nobody answered are gaps.
    problems : list of Problem
        Items that are none of the questionnaire's, and items answered twice in one questionnaire.

    Raises
    ------
    SchemaError
        When one of the four columns is not there.

    Examples
    --------
    >>> from eriq.instrument.instrument import load_instrument
    >>> given = {"item": ["cw01", "cw02"], "answer": [3, 5]}
    >>> long = pd.DataFrame({"client_id": ["a"] * 2, "answered_on": "2014-01-01", **given})
    >>> wide_answers(long, load_instrument("eriq22"))[0].iloc[0].to_dict()["cw02"]
    '5'
    """
    found = [str(name) for name in frame.columns]
    needed = ("client_id", "answered_on", "item", "answer")
    if lacking := [name for name in needed if found.count(name) != 1]:
        lines = [f"column {name} is there {found.count(name)} times" for name in lacking]
        raise SchemaError(bullets(f"{part} with answers_form: long cannot be read:", lines))
    # A note on one answer is nothing that holds for the whole: it would tear the questionnaire apart.
    head = [name for name in found if name in HOLDS_FOR_ALL]
    text = pd.DataFrame({name: cell_text(frame[name]) for name in (*head, "item", "answer")})
    text["item"] = text["item"].str.casefold()
    problems = []
    known = text["item"].isin(instrument.item_ids)
    if not known.all():
        told = codes_told(text["item"][~known].fillna(""), text["client_id"][~known], instrument.item_ids)
        words = f"item: {told}; map them in source.codes.{part}.item; null leaves them unread"
        problems.append(Problem(part, "item", "unknown_item", words, NO_ROWS))
    text = text[known]
    again = text.duplicated([*head, "item"], keep="first").to_numpy(bool)
    if again.any():
        rows = text.index.to_numpy()[again]
        problems.append(
            Problem(part, "item", "duplicate", "same item of the same questionnaire as an earlier row", rows)
        )
        text = text[~again]
    number = text.groupby(head, dropna=False, sort=False).ngroup()
    wide = text.loc[~number.duplicated(), head].reset_index(drop=True)
    answers = text.assign(number=number).set_index(["number", "item"])["answer"].unstack()  # noqa: PD010 - of text
    for item in instrument.item_ids:
        wide[item] = answers[item].reindex(range(len(wide))).to_numpy() if item in answers else np.nan
    return wide.astype("str"), problems


HOLDS_FOR_ALL = (
    "client_id",
    "answered_on",
    "wave",
    "caseworker_id",
    "job_centre",
    "consent",
    "consent_withdrawn_on",
)
