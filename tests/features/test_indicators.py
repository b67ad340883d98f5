"""Columns that scores of a questionnaire give."""

import numpy as np
import pandas as pd
import pytest

from eriq.features import questionnaire_columns, questionnaire_features, select
from eriq.instrument.instrument import Instrument

WORDS = {"en": "Work", "sv": "Arbete", "da": "Arbejde"}


def scored(instrument: Instrument, **rule: object) -> Instrument:
    """Return the questionnaire with a score over both halves, one question of it reversed."""
    items = [item.model_dump() for item in instrument.items]
    next(item for item in items if item["id"] == "cl03").update(orientation=-1, short=WORDS)
    work = {"labels": WORDS, "items": ["cl01", "cl02", "cl03", "cw01"], "least": 2, **rule}
    return instrument.model_copy(update={"scores": {"work": work}, "items": items})


def answers(instrument: Instrument, **given: list[int | None]) -> pd.DataFrame:
    n = len(next(iter(given.values())))
    return pd.DataFrame({i: pd.array(given.get(i, [3] * n), "Int8") for i in instrument.item_ids})


def test_reverse_coding_least_number_and_gaps(instrument: Instrument) -> None:
    """The mean of oriented answers from 0 to 100, with two answers at least; a column per half."""
    ours = scored(instrument)
    rows = answers(ours, cl01=[5, 5, -1], cl02=[5, -1, -1], cl03=[1, 1, 5], cw01=[1, 5, -1])
    made = questionnaire_columns(rows, ours)
    assert made["indicators.client.work"].tolist()[:2] == [100.0, 100.0]
    assert np.isnan(made["indicators.client.work"][2])
    assert made["indicators.caseworker.work"].tolist()[:2] == [0.0, 100.0]
    worst = questionnaire_columns(rows, scored(instrument, gaps="worst"))
    assert worst["indicators.client.work"][1] == pytest.approx(200 / 3)


def test_the_block_names_scores_and_no_other_block_has_them(instrument: Instrument) -> None:
    """`indicators` is a block of its own; the questionnaire's blocks are what they were."""
    features = questionnaire_features(scored(instrument))
    block = select("indicators", features)
    assert block == ("indicators.caseworker.work", "indicators.client.work")
    assert select("questionnaire", features) == select("questionnaire", questionnaire_features(instrument))
    assert {f.name: f.half for f in features if f.name in block} == {
        "indicators.caseworker.work": "caseworker",
        "indicators.client.work": "client",
    }
