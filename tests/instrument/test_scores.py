"""Scores that a questionnaire declares."""

from typing import Any

import pytest
from pydantic import ValidationError

from eriq.instrument.instrument import Instrument, load_instrument

WORK = {"labels": {"en": "Work", "sv": "Arbete", "da": "Arbejde"}, "items": ["cl01", "cl02"]}


def test_a_questionnaire_without_scores_keeps_its_digest(instrument: Instrument) -> None:
    """The digest of today's questionnaires does not know of scores; one more score makes another questionnaire."""
    assert "scores" not in instrument.model_dump(exclude_defaults=True)
    scored = instrument.model_copy(update={"scores": {"work": WORK}})
    assert scored.digest != instrument.digest
    assert scored.model_copy(update={"scores": {}}).digest == instrument.digest


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"items": ["cl01", "cl2"]}, "score work: item 'cl2' is not defined. Did you mean"),
        ({"items": ["cl01", "cl01"]}, "score work: an item is there twice"),
        ({"least": 3}, "score work: least is 3, and it has 2 items"),
        ({"labels": {"en": "Work"}}, "score work: no text in 'sv'"),
    ],
)
def test_a_wrong_score_is_told_by_name(instrument: Instrument, change: dict[str, Any], said: str) -> None:
    """Unknown and repeated items, more answers than items, and a language that is missing are refused."""
    with pytest.raises(ValidationError, match=said):
        instrument.model_copy(update={"scores": {"work": {**WORK, **change}}})


def test_what_a_questionnaire_extends_keeps_its_scores_to_itself() -> None:
    """The shorter variant has other items, so it declares its own scores."""
    assert load_instrument("eriq-sv").scores == {}
