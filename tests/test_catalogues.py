"""Our words in every language: none missing, none left over, none with another gap to fill."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po

import eriq
from eriq.catalogues import LANGUAGES, LOCALE, catalogue
from eriq.pages import render

PACKAGE = Path(eriq.__file__).parent
FOREIGN = tuple(language for language in LANGUAGES if language != "en")


def used() -> Iterator[tuple[str, ...]]:
    """Yield every marked message of the package, as (singular,) or (singular, plural)."""
    templates = {"extensions": "jinja2.ext.i18n", "newstyle_gettext": "true", "trimmed": "false"}
    for path in PACKAGE.rglob("*"):
        reader = {".py": "python", ".html": "jinja2.ext:babel_extract", ".md": "jinja2.ext:babel_extract"}.get(
            path.suffix
        )
        if reader and path.is_file():
            options = {} if reader == "python" else templates
            for _, message, _, _ in extract_from_file(reader, path, options=options):
                yield (message,) if isinstance(message, str) else tuple(m for m in message if m is not None)


def known(language: str) -> dict[tuple[str, ...], tuple[str, ...]]:
    """Return what the catalogues of a language say, by message; a message twice is a mistake."""
    said: dict[tuple[str, ...], tuple[str, ...]] = {}
    for path in sorted((LOCALE / language).glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=language, abort_invalid=True):
                if message.id:
                    ids = message.id if isinstance(message.id, tuple) else (message.id,)
                    words = message.string if isinstance(message.string, tuple) else (message.string,)
                    assert not message.fuzzy, (path.name, ids)
                    assert ids not in said, (path.name, ids)
                    said[ids] = words
    return said


def gaps(text: str) -> set[str]:
    """Return the gaps that a message leaves to be filled."""
    return set(re.findall(r"%\(\w+\)[a-z]|\{\w*[^}]*\}", text))


@pytest.mark.parametrize("language", FOREIGN)
def test_every_word_is_translated(language):
    """Each marked message stands in the catalogue of each language, with nothing left empty."""
    said = known(language)
    missing = [ids for ids in dict.fromkeys(used()) if not all(said.get(ids, ("",)))]
    assert not missing


@pytest.mark.parametrize("language", FOREIGN)
def test_no_translation_is_left_over(language):
    """A message nobody marks any more has left the catalogues too."""
    assert not set(known(language)) - set(used())


@pytest.mark.parametrize("language", FOREIGN)
def test_gaps_are_the_same(language):
    """A translation fills the same gaps as the English."""
    for ids, words in known(language).items():
        for one in words:
            assert gaps(one) == gaps(ids[-1]), ids


def test_a_page_says_its_language():
    """A page is marked with the language it is rendered in, for screen readers."""
    assert '<html lang="sv">' in render("base.html", in_language="sv", heading="x")


def test_english_is_the_message():
    """English needs no catalogue."""
    assert catalogue("en").gettext("a word") == "a word"
