"""The largest contributions of each row, in the words of its own answers."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from eriq.features.flat import answer_words
from eriq.features.sensitive import SENSITIVE, SENSITIVE_LABEL, units
from eriq.features.words import words
from eriq.instrument.texts import Language
from eriq.model.bundle import Bundle
from eriq.model.linear import blocks
from eriq.scoring.options import Options

FEW = 12  # so many are found one after the other; more by sorting a whole row
Cells = np.ndarray | pd.Categorical  # of one column of the scores


def by_row(call: Callable[[np.ndarray], np.ndarray], matrix: np.ndarray) -> np.ndarray:
    """Return what a model gives for each row; libraries refuse a matrix without rows."""
    return call(matrix) if len(matrix) else call(np.full((1, matrix.shape[1]), np.nan))[:0]


def explained(bundle: Bundle, matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return log-odds and contributions of each row."""
    if len(matrix):
        return bundle.model.explained(matrix)
    return by_row(bundle.model.log_odds, matrix), by_row(bundle.model.contributions, matrix)


def words_at(codes: np.ndarray, words: Sequence[str]) -> pd.Categorical:
    """Return words by their places; each is kept once however many rows carry it."""
    unique = {word: k for k, word in enumerate(dict.fromkeys(words))}
    place = np.array([unique[word] for word in words], dtype="int32")
    return pd.Categorical.from_codes(place[codes], pd.Index(list(unique), dtype="str"))


def largest(size: np.ndarray, count: int) -> np.ndarray:
    """Return the places of the largest numbers of each row, the largest first and of equal ones the first.

    Parameters
    ----------
    size : ndarray of shape (n_rows, n)
        None below 0; used up.
    count : int

    Returns
    -------
    ndarray of shape (n_rows, count)

    Examples
    --------
    >>> largest(np.array([[0.0, 2.0, 1.0, 2.0]]), 3).tolist()
    [[1, 3, 2]]
    """
    if count > FEW:
        return np.argsort(-size, axis=1, kind="stable")[:, :count]
    rows, top = np.arange(len(size)), np.empty((len(size), count), dtype=np.intp)
    for k in range(count):
        top[:, k] = chosen = size.argmax(axis=1)
        size[rows, chosen] = -1.0
    return top


def reasons(
    bundle: Bundle, matrix: np.ndarray, log_odds: np.ndarray, given: np.ndarray, options: Options
) -> dict[str, Cells]:
    """Return the largest contributions of each row, with labels in the chosen language.

    Parameters
    ----------
    bundle : Bundle
    matrix : ndarray of shape (n_rows, n_columns)
    log_odds, given : ndarray of shape (n_rows,) and (n_rows, n_columns + 1)
        As `explained` returns them.
    options : Options

    Raises
    ------
    AssertionError
        When contributions do not add up to the log-odds within 1e-9: the explanation would be wrong.
    """
    language = bundle.language(options.language)
    names, member = units(bundle.features)
    count = min(options.reasons, len(names))
    top, size = np.empty((len(given), count), dtype=np.intp), np.empty((len(given), count))
    for part in blocks(len(given)):
        if part.start < len(given) and np.abs(given[part].sum(axis=1) - log_odds[part]).max() > 1e-9:
            raise AssertionError("contributions do not add up to the log-odds")
        by_unit = given[part, :-1] @ member if len(names) < given.shape[1] - 1 else given[part, :-1]
        top[part] = largest(np.abs(by_unit), count)
        size[part] = np.take_along_axis(by_unit, top[part], axis=1)
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
            lower = (size[:, k] < 0).astype("int32")
            out[f"reason_{k + 1}_direction"] = words_at(lower, directions)
        else:
            out[f"reason_{k + 1}_contribution"] = size[:, k]
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
