"""Columns that scores of a questionnaire give: the mean of some items, by the rule that the questionnaire declares."""

from collections.abc import Iterator, Mapping

import numpy as np

from eriq.features.feature import Feature
from eriq.features.words import filled, words
from eriq.instrument.instrument import Instrument
from eriq.instrument.scores import Score


def _parts(instrument: Instrument) -> Iterator[tuple[str, str, str, Score]]:
    """Yield column, score, respondent and rule: a score over two halves is one column of each.

    So a questionnaire of which one half was answered has the scores of that half, and nothing of the other.
    """
    for name, score in instrument.scores.items():
        for who in instrument.halves:
            items = tuple(item for item in score.items if instrument.by_id[item].respondent == who)
            if items:
                rule = score.model_copy(update={"items": items, "least": min(score.least, len(items))})
                yield f"indicators.{who}.{name}", name, who, rule


def indicator_features(instrument: Instrument) -> tuple[Feature, ...]:
    """Return the columns that declared scores give."""
    return tuple(
        Feature(
            column,
            "indicators",
            monotone=1,
            malleable=all(instrument.by_id[item].malleable for item in rule.items),
            labels=filled(
                "about",
                indicator=instrument.scores[name].labels,
                respondent=instrument.respondents.get(who) or words()["respondents"][who],
            ),
        )
        for column, name, who, rule in _parts(instrument)
    )


def indicator_columns(oriented: Mapping[str, np.ndarray], instrument: Instrument) -> dict[str, np.ndarray]:
    """Return scores from 0 to 100, NaN where too few questions were answered.

    Parameters
    ----------
    oriented : mapping of str to ndarray of shape (n_rows,)
        Item -> place 0, 1, ..., higher always more ready; NaN where there is no answer.
    instrument : Instrument

    Examples
    --------
    >>> from eriq.instrument.instrument import load_instrument
    >>> from eriq.instrument.texts import Texts
    >>> work = Score(labels=Texts.same("Work"), items=("cl01", "cl02"), least=1)
    >>> ours = load_instrument("eriq22").model_copy(update={"scores": {"work": work}})
    >>> oriented = {"cl01": np.array([4.0, np.nan]), "cl02": np.array([2.0, 0.0])}
    >>> {name: values.tolist() for name, values in indicator_columns(oriented, ours).items()}
    {'indicators.client.work': [75.0, 0.0]}
    """
    return {column: _score(oriented, instrument, rule) for column, _, _, rule in _parts(instrument)}


def _score(oriented: Mapping[str, np.ndarray], instrument: Instrument, rule: Score) -> np.ndarray:
    shares = np.stack([oriented[item] / (len(instrument.levels(item)) - 1) for item in rule.items])
    there = ~np.isnan(shares)
    count = there.sum(axis=0)
    total = np.where(there, shares, 0.0).sum(axis=0)
    over = count if rule.gaps == "mean" else np.full(len(count), len(rule.items))
    made: np.ndarray = np.where(count >= rule.least, 100 * total / np.maximum(over, 1), np.nan)
    return made
