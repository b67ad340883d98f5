"""The largest contributions of each row, in the words of its own answers."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from eriq.features.flat import answer_words
from eriq.features.sensitive import SENSITIVE, SENSITIVE_LABEL, units
from eriq.features.words import words
from eriq.instrument.texts import Language
from eriq.model.bundle import Bundle
from eriq.scoring.options import Options

Cells = np.ndarray | pd.Categorical  # of one column of the scores


def by_row(call: Callable[[np.ndarray], np.ndarray], matrix: np.ndarray) -> np.ndarray:
    """Return what a model gives for each row; libraries refuse a matrix without rows."""
    return call(matrix) if len(matrix) else call(np.full((1, matrix.shape[1]), np.nan))[:0]


def words_at(codes: np.ndarray, words: Sequence[str]) -> pd.Categorical:
    """Return words by their places; each is kept once however many rows carry it."""
    unique = {word: k for k, word in enumerate(dict.fromkeys(words))}
    place = np.array([unique[word] for word in words], dtype="int32")
    return pd.Categorical.from_codes(place[codes], pd.Index(list(unique), dtype="str"))


def reasons(bundle: Bundle, matrix: np.ndarray, log_odds: np.ndarray, options: Options) -> dict[str, Cells]:
    """Return the largest contributions of each row, with labels in the chosen language.

    Raises
    ------
    AssertionError
        When contributions do not add up to the log-odds within 1e-9: the explanation would be wrong.
    """
    given = by_row(bundle.model.contributions, matrix)
    if len(given) and np.abs(given.sum(axis=1) - log_odds).max() > 1e-9:
        raise AssertionError("contributions do not add up to the log-odds")
    language = bundle.language(options.language)
    names, member = units(bundle.features)
    by_unit = given[:, :-1] @ member if len(names) < given.shape[1] - 1 else given[:, :-1]
    count = min(options.reasons, len(names))
    size = np.abs(by_unit)
    if count < len(names):
        top = np.argpartition(-size, count - 1, axis=1)[:, :count]
        order = np.argsort(-np.take_along_axis(size, top, axis=1), axis=1, kind="stable")
        top = np.take_along_axis(top, order, axis=1)
    else:
        top = np.argsort(-size, axis=1, kind="stable")[:, :count]
    owner = [int(np.flatnonzero(column)[0]) for column in member.T]  # a column of each unit
    labels = [
        (SENSITIVE_LABEL if n == SENSITIVE else bundle.features[o].labels).in_(language)
        for n, o in zip(names, owner, strict=True)
    ]
    answers, said = _answer_places(bundle, matrix, language, owner)
    rows = np.arange(len(matrix))
    directions = [words()["directions"][name].in_(language) for name in ("higher", "lower")]
    out: dict[str, Cells] = {}
    if options.show != "reasons":
        out["base_log_odds"] = given[:, -1]
    for k in range(count):
        chosen = top[:, k]
        out[f"reason_{k + 1}"] = words_at(chosen, names)
        out[f"reason_{k + 1}_label"] = words_at(chosen, labels)
        out[f"reason_{k + 1}_answer"] = words_at(answers[rows, chosen], said)
        if options.show == "reasons":
            lower = (by_unit[rows, chosen] < 0).astype("int32")
            out[f"reason_{k + 1}_direction"] = words_at(lower, directions)
        else:
            out[f"reason_{k + 1}_contribution"] = by_unit[rows, chosen]
    return out


def _answer_places(
    bundle: Bundle, matrix: np.ndarray, language: Language, owner: Sequence[int]
) -> tuple[np.ndarray, list[str]]:
    """Return, per row and unit, the place of the answer's words in a list; the first, empty, is for no answer.

    Of a ready table every column is said, but those that are never named; of a questionnaire the items are.
    """
    said, instrument = [""], bundle.instrument
    places = np.zeros((len(matrix), len(owner)), dtype="int32")
    for unit, column in enumerate(owner):
        feature = bundle.features[column]
        item = feature.item
        if instrument is None and not feature.sensitive:
            values, place = np.unique(matrix[:, column], return_inverse=True)
            there = ~np.isnan(values)
            places[:, unit] = np.where(there, len(said) + np.arange(len(values)), 0)[place]
            said += [answer_words(feature, value, language) for value in values[there].tolist()]
        elif item and instrument is not None:
            levels = len(instrument.levels(item))
            value = matrix[:, column]
            places[:, unit] = np.where(np.isnan(value), 0, value + len(said))
            said += [instrument.answer_label(item, k, language) for k in range(levels)]
    return places, said
