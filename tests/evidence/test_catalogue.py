"""The files of evidence: the facts as they were given, and what must never be in one."""

import csv
from collections import Counter
from pathlib import Path

import pytest
import yaml

from eriq.config.files import all_shipped
from eriq.errors import ConfigError
from eriq.evidence.catalogue import load_catalogue, read_evidence
from eriq.instrument.instrument import avoided_in
from eriq.instrument.texts import LANGUAGES, Texts

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"


def texts(part: object) -> list[Texts]:
    """Return every text in a file of evidence."""
    if isinstance(part, Texts):
        return [part]
    if hasattr(part, "__dict__"):
        return [text for value in vars(part).values() for text in texts(value)]
    if isinstance(part, dict):
        return [text for value in part.values() for text in texts(value)]
    return [text for value in part for text in texts(value)] if isinstance(part, tuple) else []


def own(folder: Path, **content: object) -> Path:
    """Return a file of one's own evidence."""
    path = folder / "mine.yaml"
    path.write_text(yaml.safe_dump({"version": 1, **content}), "utf-8")
    return path


def fact(**other: object) -> dict[str, object]:
    """Return a fact of one's own about a shipped intervention and population."""
    text = {"en": "x"}
    names = {"intervention": "validation", "population": "social-assistance", "source": "mine"}
    rest = {"horizon_class": "short", "direction": "positive", "certainty": "low"}
    return {"id": "OWN-1", **names, "place": text, "outcome": text, "harms": text, **rest, **other}


MINE = {"mine": {"title": "Our own follow-up", "kind": "own"}}


def test_counts_are_those_of_the_fact_table():
    """Seventy facts, with directions and certainty as the sources have them; none is of high certainty."""
    facts = load_catalogue().facts.values()
    assert Counter(fact.certainty for fact in facts) == {"moderate": 3, "low": 17, "very_low": 22, "not_graded": 28}
    assert Counter(fact.direction for fact in facts) == {
        "positive": 26,
        "unknown": 25,
        "null_or_negligible": 10,
        "no_studies": 4,
        "no_significant_difference": 2,
        "negative": 2,
        "mixed": 1,
    }


@pytest.mark.skipif(not SHARED.is_dir(), reason="fact table ../shared/data is not here")
def test_facts_are_those_of_the_table():
    """Id by id, direction, certainty, time, referral and outcome are the table's."""
    evidence = load_catalogue()
    with (SHARED / "evidence.csv").open(encoding="utf-8") as file:
        rows = {row["id"]: row for row in csv.DictReader(file)}
    assert rows.keys() == evidence.facts.keys()
    for name, row in rows.items():
        fact = evidence.facts[name]
        given = (row["direction"], row["certainty"], row["horizon_class"], row["needs_professional"] == "yes")
        referral = evidence.interventions[fact.intervention].needs_professional
        assert (fact.direction, fact.certainty, fact.horizon_class, referral) == given
        assert (fact.outcome.en, fact.harms.en) == (row["outcome"], row["harms"])


def test_every_text_is_in_three_languages_and_judges_nobody():
    """No text of the shipped evidence lacks a language or has a word to avoid."""
    said = [text for path in all_shipped("evidence").values() for text in texts(read_evidence(path))]
    assert len(said) > 300
    assert {text.languages for text in said} == {LANGUAGES}
    assert [avoided_in(getattr(text, language), language) for text in said for language in LANGUAGES] == [
        [] for _ in said for _ in LANGUAGES
    ]


def test_the_programme_with_documented_harm_says_so():
    """Its harm names disability pension and medication, its direction is negative, and it has no link."""
    evidence = load_catalogue()
    harmful = evidence.facts["SEM-05"]
    assert harmful.direction == "negative"
    assert "disability pension" in harmful.harms.in_("en")
    assert evidence.with_sanctions(harmful)
    assert harmful.intervention not in {link.intervention for link in evidence.links}


def test_own_evidence_is_added(tmp_path):
    """A file of one's own adds facts about shipped groups and interventions."""
    evidence = load_catalogue(own(tmp_path, sources=MINE, facts=[fact()]))
    assert len(evidence.facts) == len(load_catalogue().facts) + 1
    assert evidence.facts["OWN-1"].outcome.in_("sv") == "x"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"sources": MINE, "facts": [fact(certainty="high")]}, "certainty"),
        ({"sources": MINE, "facts": [fact(certainty="very_low")]}, "cannot be assessed"),
        ({"sources": MINE, "facts": [fact(population="all")]}, "population 'all' is not defined"),
        ({"sources": MINE, "facts": [fact(id="SA-01")]}, "SA-01 is there more than once"),
        ({"facts": [{k: v for k, v in fact().items() if k != "harms"}]}, "harms: is missing"),
        ({"links": [{"indicator": "belief", "intervention": "alle-i-gang", "basis": "studied"}]}, "never an option"),
        (
            {"interventions": {"talk": {"name": {"en": "x"}, "kind": "therapy", "needs_professional": False}}},
            "a therapy needs a health professional",
        ),
    ],
)
def test_what_must_not_be_is_refused(tmp_path, content, words):
    """High certainty, very low read as known, a therapy without a professional, a sanction as an option."""
    with pytest.raises(ConfigError, match=words):
        load_catalogue(own(tmp_path, **content))
