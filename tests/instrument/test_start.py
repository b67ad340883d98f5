"""A questionnaire to begin with."""

import pytest
import yaml

from eriq.instrument.instrument import Instrument
from eriq.instrument.start import WORDS, started


@pytest.mark.parametrize("language", WORDS)
@pytest.mark.parametrize("respondent", ["client", "caseworker", "teacher"])
@pytest.mark.parametrize("items", [1, 15])
def test_the_start_holds_together(language, respondent, items):
    """Whoever is asked, in whatever language, the file is valid, and says in comments how to go on."""
    text = started("My own form!", items, respondent, language)
    made = Instrument.model_validate(yaml.safe_load(text))
    assert (made.id, made.halves, made.languages) == ("my-own-form", (respondent,), (language,))
    assert len(made.items) == items
    assert 1 <= made.need(respondent) <= items
    assert text.count("\n# ") >= 6
    assert max(map(len, text.splitlines())) <= 130
