"""Columns the questionnaire gives: answers, and what was left unanswered."""

from functools import cache

import numpy as np
import pandas as pd

from eriq.features.feature import PARTS, Feature, Kind, Part
from eriq.features.indicators import indicator_columns, indicator_features
from eriq.features.matrix import blank, framed
from eriq.features.words import filled, words
from eriq.instrument.fits import Respondent
from eriq.instrument.instrument import Instrument, MissingPolicy
from eriq.instrument.texts import Texts

UNANSWERED = ("belief.unanswered", "caseworker.unanswered", "client.unanswered")  # of our respondents
PART_OF: dict[Respondent, Part] = {"caseworker": "caseworker_rest", "client": "client"}  # of everyone else: others


def questionnaire_features(instrument: Instrument) -> tuple[Feature, ...]:
    """Return the columns a questionnaire gives: one per item, what was left unanswered, and declared scores."""
    features = []
    for item in instrument.items:
        part: Part = "belief" if item.id == instrument.belief else PART_OF.get(item.respondent, "others")
        prefix = "belief" if part == "belief" else item.respondent
        features.append(
            Feature(
                f"{prefix}.{item.id}",
                part,
                "ordinal",
                monotone=1,
                item=item.id,
                malleable=item.malleable,
                indicate=False,  # the share left unanswered is a column of its own
                labels=filled(
                    "about",
                    indicator=item.short or instrument.indicators[item.indicator],
                    respondent=_respondent_words(instrument, item.respondent),
                ),
            )
        )
    present = {f.name.split(".", 1)[0] for f in features}
    for prefix in ("belief", *instrument.halves):
        if prefix in present:
            kind: Kind = "flag" if prefix == "belief" else "continuous"
            of: Part = "belief" if prefix == "belief" else PART_OF.get(prefix, "others")
            name = f"{prefix}.unanswered"
            labels = words()["columns"].get(name) or filled(
                "unanswered", respondent=_respondent_words(instrument, prefix)
            )
            features.append(Feature(name, of, kind, labels=labels))
    features += indicator_features(instrument)
    return tuple(sorted(features, key=lambda f: PARTS.index(f.part)))


def _respondent_words(instrument: Instrument, respondent: Respondent) -> Texts:
    """Return who is asked, in the words of the questionnaire, or in ours where it has none."""
    return instrument.respondents.get(respondent) or words()["respondents"][respondent]


def questionnaire_columns(
    answers: pd.DataFrame, instrument: Instrument, policy: MissingPolicy | None = None, *, narrow: bool = False
) -> pd.DataFrame:
    """Return oriented answers as numbers, NaN where there is none, with shares left unanswered.

    Parameters
    ----------
    answers : DataFrame of shape (n_rows, any)
        ANSWERS, checked.
    instrument : Instrument
        Gives orientation and missing codes.
    policy : {"indicator", "worst", "drop"}, optional
        What a missing answer becomes; the questionnaire's own rule when not given. "worst" puts
        the least ready answer in its place; "drop" leaves gaps (the cohort left such rows out).
    narrow : bool
        Places as float32, see `eriq.features.matrix.blank`.
    """
    policy, features = policy or instrument.missing_policy, questionnaire_features(instrument)
    columns = blank(features, len(answers), narrow=narrow)

    def places(item: str) -> np.ndarray:
        return answer_places(answers[item], instrument, item)

    # Turned round once where rows are a chunk; all items of a country at a time would take more than the columns do.
    oriented = {} if narrow else {item: places(item) for item in instrument.item_ids}
    taken = places if narrow else oriented.__getitem__
    for feature in features:
        if feature.item:
            place = taken(feature.item)
            columns[feature.name][:] = np.nan_to_num(place, nan=0.0) if policy == "worst" else place
    for respondent in instrument.halves:
        rest = [i.id for i in instrument.half(respondent) if i.id != instrument.belief]
        if rest:
            gone = np.zeros(len(answers))
            for item in rest:
                gone += np.isnan(taken(item))
            columns[f"{respondent}.unanswered"][:] = gone / len(rest)
    if instrument.belief:
        columns["belief.unanswered"][:] = np.isnan(taken(instrument.belief))
    if instrument.scores:
        for name, values in indicator_columns({item: taken(item) for item in instrument.item_ids}, instrument).items():
            columns[name][:] = values
    return framed(columns) if columns else pd.DataFrame(index=range(0))


def answer_places(codes: pd.Series, instrument: Instrument, item: str) -> np.ndarray:
    """Return oriented places 0, 1, ... of answers by one look-up, NaN where there is none.

    Parameters
    ----------
    codes : Series of shape (n_rows,)
        Of ANSWERS, checked: codes lie between -100 and 100 after the check.
    instrument : Instrument
    item : str
    """
    return np.take(_places(instrument, item), codes.to_numpy("int16", na_value=-128) + 128)


@cache
def _places_by_digest(digest: str, item: str, order: tuple[int, ...]) -> np.ndarray:
    places = np.full(256, np.nan)
    for place, code in enumerate(order):
        places[code + 128] = place
    return places


def _places(instrument: Instrument, item: str) -> np.ndarray:
    order = tuple(level.code for level in instrument.levels(item))
    if instrument.by_id[item].orientation == -1:
        order = order[::-1]
    return _places_by_digest(instrument.digest, item, order)
