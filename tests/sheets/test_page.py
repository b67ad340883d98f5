"""The page: in three languages, without a script, a forecast or a fixed fact; two sheets of paper at most."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from eriq.config.sheets import SheetSettings
from eriq.evidence import load_catalogue, options_for
from eriq.instrument.instrument import Instrument
from eriq.instrument.texts import LANGUAGES
from eriq.sheets import Forecast, Page, answers_table, pages_of, people
from eriq.sheets.page import offered_for
from eriq.simulation.cohort import simulate
from eriq.simulation.settings import load_simulation

GROUPS = ("long-term-social-assistance",)
FIXED = {  # facts that a page never names, in the three languages
    "en": r"\b(age|sex|born|diagnos\w*|convict\w*|disab\w*|immigra\w*)\b",
    "sv": r"\b(ålder|kön|född|diagnos\w*|dömd\w*|ursprung)\b",
    "da": r"\b(alder|køn|født|diagnose\w*|dømt\w*|herkomst)\b",
}


@pytest.fixture(scope="module")
def answers(instrument: Instrument) -> pd.DataFrame:
    """Give the checked answers of made-up clients."""
    return simulate(load_simulation("claim"), instrument, clients=40, seed=5).answers


@pytest.fixture(scope="module")
def pages(answers: pd.DataFrame, instrument: Instrument) -> Callable[..., list[Page]]:
    """Give a function that makes all pages in a language."""

    def made(language: str, **settings: object) -> list[Page]:
        plan = SheetSettings.model_validate({"language": language, "groups": GROUPS, **settings})
        return list(pages_of(people(answers, instrument, language), instrument, plan))

    return made


def seen(html: str) -> str:
    """Return what is read of a page, without what studies say of whole groups."""
    body = re.sub(r"<style>.*?</style>", " ", html, flags=re.DOTALL)
    body = re.sub(r'<section aria-labelledby="helps">.*?</section>', " ", body, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_names_a_fixed_fact_a_forecast_or_a_rank(pages, instrument: Instrument, language: str) -> None:
    """Over all pages: no fact about the person, no probability, band or rank, not the caseworker's forecast."""
    belief = instrument.by_id[instrument.belief]
    own = belief.text.in_(language)
    made = pages(language)

    assert len(made) > 20
    for page in made:
        words = seen(page.html)
        assert not re.search(FIXED[language], words, re.IGNORECASE)
        assert not re.search(r"\d\s?%|probab|sannolik|sandsynlig|\brank|\bband\b|bånd", words, re.IGNORECASE)
        assert own not in words
        assert "<script" not in page.html


def test_a_forecast_is_said_only_where_it_is_asked_for(answers: pd.DataFrame, instrument: Instrument) -> None:
    """Of a hundred people, and with the word that it says nothing sure about one."""
    persons = list(people(answers, instrument, "en"))[:1]
    forecast = {persons[0].client_id: Forecast(of_hundred=37)}
    (page,) = pages_of(persons, instrument, SheetSettings(language="en"), forecast)

    assert "Of 100 people with such answers, about 37" in page.html


@pytest.mark.parametrize("language", LANGUAGES)
def test_evidence_is_about_groups_and_none_is_said_where_there_is_none(pages, language: str) -> None:
    """With a group that studies cover there are options with sources; with another, and with none, there are not."""
    with_group, other, nobody = (pages(language, groups=g) for g in (GROUPS, ("recently-unemployed",), ()))

    assert any("SA-08" in page.html for page in with_group)
    assert not any("SA-" in page.html for page in (*other, *nobody))


def test_an_option_stands_once_with_all_its_areas(answers: pd.DataFrame, instrument: Instrument) -> None:
    """Options keep the order of the evidence, each once, whatever the areas."""
    person = max(people(answers, instrument, "en"), key=lambda one: len(one.possibilities))
    offered = offered_for(person.possibilities, lambda name: options_for(instrument, name, frozenset(GROUPS), "en"))
    cited = [one.cited for one in offered]

    assert len(cited) == len(set(cited)) > 5
    assert max(len(one.areas) for one in offered) > 1
    assert {one.option.facts[0] for one in offered if one.unknown} <= {
        name for name, fact in load_catalogue().facts.items() if fact.direction in ("unknown", "no_studies")
    }


def test_the_note_is_short_and_the_table_in_words(answers: pd.DataFrame, instrument: Instrument, pages) -> None:
    """A note of short sentences; a table with headings and answers in the language, a row for each voice."""
    note = pages("sv")[0].note
    persons = list(people(answers, instrument, "sv"))
    table = answers_table(persons, "sv")

    assert max(len(sentence.split()) for sentence in note.split(". ")) < 40
    assert list(table.columns)[:3] == ["Deltagare", "Dag", "Område"]
    assert len(table) == sum(len(area.voices) for one in persons for area in one.areas)


@pytest.mark.skipif(shutil.which("chromium") is None, reason="no browser here: CI has one")
def test_in_a_browser_it_fits_reads_and_prints(pages, tmp_path: Path) -> None:
    """No serious violation of accessibility, nothing beyond the edge of a phone, at most two sheets of paper."""
    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import sync_playwright

    made = sorted(pages("sv"), key=lambda page: -len(page.html))
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 390, "height": 844})
        for place, one in enumerate(made[:3]):
            file = tmp_path / f"{place}.html"
            file.write_text(one.html, encoding="utf-8")
            page.goto(file.as_uri())
            assert page.evaluate("document.documentElement.scrollWidth") <= 390
            found = Axe().run(page).response["violations"]
            assert [v["id"] for v in found if v["impact"] in ("serious", "critical")] == []
            printed = page.pdf(prefer_css_page_size=True)
            assert 1 <= len(re.findall(rb"/Type\s*/Page[^s]", printed)) <= 2
        browser.close()
