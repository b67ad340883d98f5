"""Words of evidence."""

import pytest

from eriq.catalogues import LANGUAGES
from eriq.evidence.catalogue import load_catalogue
from eriq.evidence.words import basis_words, certainty_words, found_words, source_words

EVIDENCE = load_catalogue()


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_words_say_high_certainty(language):
    """Of all facts, none is worded as certain."""
    said = {certainty_words(fact, language) for fact in EVIDENCE.facts.values()}
    assert len(said) == 4
    assert not [words for words in said if {"high", "hög", "høj"} & set(words.replace("(", "").split())]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_single_trial_is_no_null(language):
    """A trial that could not tell is worded as one trial."""
    words = found_words(EVIDENCE.facts["RCT-02"], "x", language)
    assert words != found_words(EVIDENCE.facts["SA-07"], "x", language)
    assert {"en": "single trial", "sv": "ett enda försök", "da": "et enkelt forsøg"}[language] in words


def test_slides_and_advocacy_are_named():
    """Sources that show no method carry their kind."""
    assert source_words(EVIDENCE.facts["SEM-01"], EVIDENCE, "en").endswith("(slides)")
    assert source_words(EVIDENCE.facts["POL-01"], EVIDENCE, "en").endswith("(advocacy report)")
    assert source_words(EVIDENCE.facts["SA-08"], EVIDENCE, "en").endswith("Table 2 and conclusions")


def test_links_say_what_they_rest_on():
    """A studied link and our judgement are worded apart."""
    assert basis_words("studied", "en") != basis_words("our judgement", "en")
