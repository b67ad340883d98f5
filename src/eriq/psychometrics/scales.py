"""What is assessed: halves, declared scores, and the pairs of items that ask two people the same."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from eriq.instrument.instrument import Instrument


@dataclass(frozen=True, slots=True)
class Scale:
    """Items that are added up, or could be."""

    name: str
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two items on one indicator, on one scale, to two respondents."""

    indicator: str
    first: str
    second: str


def scales_of(instrument: Instrument) -> tuple[Scale, ...]:
    """Return each half with two items or more, then each score that the questionnaire declares.

    >>> from eriq.instrument.instrument import load_instrument
    >>> [(scale.name, len(scale.items)) for scale in scales_of(load_instrument("eriq22"))]
    [('caseworker', 11), ('client', 11)]
    """
    halves = [Scale(who, tuple(item.id for item in instrument.half(who))) for who in instrument.halves]
    declared = [Scale(name, score.items) for name, score in instrument.scores.items()]
    return tuple(scale for scale in (*halves, *declared) if len(scale.items) > 1)


def pairs_of(instrument: Instrument) -> tuple[Pair, ...]:
    """Return every two items of two respondents on one indicator that have as many levels."""
    return tuple(
        Pair(one.indicator, one.id, other.id)
        for one, other in combinations(instrument.items, 2)
        if one.indicator == other.indicator
        and one.respondent != other.respondent
        and len(instrument.levels(one.id)) == len(instrument.levels(other.id))
    )


def places(answers: pd.DataFrame, instrument: Instrument) -> pd.DataFrame:
    """Return answers as places 0, 1, ..., higher always more ready; no answer is NaN.

    Parameters
    ----------
    answers : DataFrame of shape (n_rows, any)
        ANSWERS, checked.
    instrument : Instrument

    Returns
    -------
    DataFrame of float64, shape (n_rows, n_items)
    """
    return pd.DataFrame({item: instrument.oriented(item, answers[item]) for item in instrument.item_ids})


def first_of_each(answers: pd.DataFrame) -> np.ndarray:
    """Return the places of the first questionnaire of every client, so that a person counts once."""
    order = answers.reset_index(drop=True).sort_values(["client_id", "answered_on"], kind="stable")
    return np.sort(order.index[~order.duplicated("client_id")].to_numpy())


def drawn_of_each(answers: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
    """Return the place of one questionnaire of every client, drawn by chance: waves without the same person twice."""
    shuffled = answers.reset_index(drop=True).iloc[rng.permutation(len(answers))]
    return np.sort(shuffled.index[~shuffled.duplicated("client_id")].to_numpy())
