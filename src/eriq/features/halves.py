"""The two halves of a questionnaire: who answered enough to be scored from, and which fit that allows."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from eriq.features.words import filled, words
from eriq.instrument.instrument import Instrument
from eriq.instrument.texts import Texts

GAP = -128  # stands for no answer where codes are small whole numbers
Basis = tuple[tuple[str, ...], bool]  # halves whose answers a fit takes, and whether it takes registers


def given_answers(answers: pd.DataFrame, items: Sequence[str]) -> np.ndarray:
    """Return true where a question was answered, shape (n_items, n_rows)."""
    if not items:
        return np.ones((1, len(answers)), dtype=bool)
    return np.stack([answers[item].to_numpy("int8", na_value=GAP) for item in items]) >= 0


def usable_halves(answers: pd.DataFrame, instrument: Instrument) -> pd.DataFrame:
    """Return, per row and respondent, whether that half says enough to be scored from.

    It has the questionnaire's least number of answers, one at least, and every answer that is required; a half that
    asks nothing never has.

    Parameters
    ----------
    answers : DataFrame of shape (n_rows, any)
        ANSWERS, checked.
    instrument : Instrument
    """
    found = {}
    for respondent in instrument.halves:
        items = [item.id for item in instrument.half(respondent)]
        needed = [item.id for item in instrument.half(respondent) if item.required]
        least = max(instrument.need(respondent), 1)
        enough = given_answers(answers, items).sum(axis=0) >= least
        found[respondent] = enough & given_answers(answers, needed).all(axis=0) & bool(items)
    return pd.DataFrame(found, index=pd.RangeIndex(len(answers)))


def fit_places(fits: Sequence[Basis], halves: pd.DataFrame, known: np.ndarray) -> np.ndarray:
    """Return the place of the first fit whose halves were all answered, and whose registers are known; -1 if none is.

    Parameters
    ----------
    fits : sequence of Basis
        Those that ask for most come first.
    halves : DataFrame of shape (n_rows, n_respondents)
        Of `usable_halves`.
    known : ndarray of shape (n_rows,)
        Whether registers know the person.

    Examples
    --------
    >>> halves = pd.DataFrame({"caseworker": [True, True, False], "client": [True, False, False]})
    >>> fit_places([(("caseworker", "client"), False), (("caseworker",), False)], halves, np.zeros(3, bool)).tolist()
    [0, 1, -1]
    """
    place = np.full(len(halves), -1, dtype="int64")
    for number, (respondents, registers) in reversed(list(enumerate(fits))):
        able = known.astype(bool) if registers else np.ones(len(halves), dtype=bool)
        for respondent in respondents:
            able = able & halves[respondent].to_numpy(bool)
        place[able] = number
    return place


def basis_words(halves: Sequence[str], registers: bool) -> Texts:
    """Return what a forecast rests on, in words.

    >>> basis_words(("client",), True).en
    "client's answers only and registers"
    """
    said = words()["bases"]
    alone = "registers" if registers else "table"
    several = "both" if set(halves) == {"caseworker", "client"} else "all"
    place = (halves[0] if len(halves) == 1 else several) if halves else alone
    plain = said.get(place, said["all"])
    return filled("with_registers", basis=plain) if halves and registers else plain
