"""The first screen: one sentence in people, one picture, one line of confidence, in three languages."""

from dataclasses import replace

import pytest
from tests.study.reporting.made_up import BASELINE, WITH, Page, made_up_facts, report, small

from eriq.catalogues import catalogue
from eriq.study.reporting.figures import figures_of
from eriq.study.reporting.findings import Findings, cleared
from eriq.study.reporting.first import (
    NAMES,
    block_named,
    confidence,
    first_screens,
    list_name,
    list_sentence,
    outcome_named,
    tiles,
)

LISTS = [list_name(language) for language in NAMES]


@pytest.fixture(scope="module")
def found() -> Findings:
    return cleared(small(), made_up_facts())


def test_the_sentence_counts_people_on_the_list_with_and_without(found: Findings) -> None:
    """Both lists with their intervals, and what lot would give, as the table has them."""
    assert list_sentence(found, "en") == (
        "Of the 200 questionnaires (of 142 people) ranked highest by the questionnaire, 129 were followed by job entry "
        "within 12 months (95 % interval 113 to 145). Ranked by the registers it would have been 29 (17 to 41), and "
        "drawn by lot 13."
    )


@pytest.mark.parametrize(("pick", "words"), [("lowest", "ranked lowest by"), ("middle", "ranked in the middle by")])
def test_the_sentence_follows_the_declared_pick(pick: str, words: str) -> None:
    """From the low end and the middle those are counted who did not have the outcome."""
    tables = small()
    tables["listed"] = tables["listed"].assign(pick=pick)
    said = list_sentence(cleared(tables, made_up_facts()), "en")
    assert words in said
    assert "129 were not followed by job entry" in said


def test_a_list_with_few_cases_is_not_told_of() -> None:
    """Four with the outcome on the list without leave only the other; four on both leave no sentence and no picture."""
    tables = small()
    few = tables["listed"].assign(fewest=[71, 4, 4, 200])
    one = cleared({**tables, "listed": few}, made_up_facts())
    assert "129 were followed" in list_sentence(one, "en")
    assert "29" not in list_sentence(one, "en").replace("129", "")
    none = cleared({**tables, "listed": few.assign(fewest=4)}, made_up_facts())
    assert list_sentence(none, "en") == ""
    assert figures_of(none, LISTS) == {}
    assert "of 100" in confidence(none, "en")


def test_confidence_joins_the_gain_with_the_people(found: Findings) -> None:
    """Verdict and size, the interval in pairs, and how many people carry it, with a warning where they are too few."""
    said = confidence(found, "en")
    assert said.startswith(
        "A large gain is shown: 22 more of 100 pairs are ranked right (20 to 24). It rests on 5,011 "
    )
    assert said.endswith("That is enough people for this comparison.")
    few = replace(found, facts=replace(found.facts, sample_size_enough=False))
    assert confidence(few, "en").endswith("take it as provisional.")


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        ("loss shown", "A loss is shown"),
        ("no gain shown: practically none", "No gain is shown: practically none"),
        ("no gain shown: cannot tell", "No gain is shown: these people cannot tell"),
    ],
)
def test_each_verdict_has_its_words(found: Findings, verdict: str, words: str) -> None:
    """A loss and the two kinds of no gain read as such, with fewer pairs where the estimate is negative."""
    line = found.tables["headline"].assign(verdict=verdict, size="", estimate=-0.05)
    said = confidence(replace(found, tables={**found.tables, "headline": line}), "en")
    assert said.startswith(f"{words}: 5 fewer of 100 pairs")


def test_tiles_are_those_of_the_declared_pair(found: Findings) -> None:
    """The AUCs are of the two contenders of the headline, to the digits of every other place."""
    shown = {what: (value, small) for what, value, small in tiles(found, "en")}
    auc = found.tables["measures"].query("measure == 'auc'").set_index("contender")["estimate"]
    assert shown["The questionnaire"][0] == f"{auc[WITH]:.3f}"
    assert shown["The registers"][0] == f"{auc[BASELINE]:.3f}"
    assert "AUC" in shown["The registers"][1]
    assert shown["People"] == ("5,011", "12,512 questionnaires")


def test_every_language_says_it_with_its_own_marks(found: Findings) -> None:
    """Numbers have the marks of the language, and no English sentence is left."""
    drawn = dict.fromkeys(figures_of(found, LISTS), "<svg></svg>")
    screens = first_screens(found, drawn)
    assert list(screens) == list(NAMES) == ["en", "sv", "da"]
    assert "0,861" in screens["sv"]
    assert "5.011" in screens["da"]
    for words in ("Det här säger vem, inte vad stöd åstadkommer.", "jobb inom 12 månader"):
        assert words in screens["sv"]
    assert "Det siger hvem, ikke hvad støtte udretter." in screens["da"]
    assert "This says who" not in screens["sv"] + screens["da"]


def test_no_headline_no_screen() -> None:
    """Without a declared difference the page begins with the key numbers."""
    tables = small()
    del tables["headline"]
    found = cleared(tables, made_up_facts())
    assert first_screens(found, {}) == {}
    assert figures_of(found, LISTS) == {}


def test_a_block_of_ones_own_keeps_its_name() -> None:
    """What no catalogue knows stays as the config calls it, also in a sum of blocks."""
    swedish = catalogue("sv").gettext
    assert block_named("questionnaire + my_block", swedish) == "frågeformuläret och my block"
    assert outcome_named("worked at age 30", swedish) == "worked at age 30"


def test_the_page_begins_with_the_screen_in_three_languages() -> None:
    """One file holds all three, each marked with its language; the first is shown and no script is needed."""
    html = report(small())
    page = Page(html)
    told = [value for tag, name, value in page.attributes if (tag, name) == ("div", "lang")]
    assert told == ["en", "sv", "da"]
    assert [value for tag, name, value in page.attributes if (tag, name) == ("input", "id")] == [
        "say-en",
        "say-sv",
        "say-da",
    ]
    assert ("input", "checked", "") in page.attributes
    assert page.text.index("129 were followed by") < page.text.index("For the statistician")
    assert "<script" not in html


def test_made_up_people_are_named_on_the_first_screen(found: Findings) -> None:
    """The notice stands on the screen in each language; for real people it does not, and too few are said instead."""
    assert "Påhittade personer." in first_screens(found, {})["sv"]
    real = replace(found, facts=replace(found.facts, simulated=False, sample_size_enough=False))
    assert "Made-up" not in first_screens(real, {})["en"]
    assert "Too few people." in first_screens(real, {})["en"]
