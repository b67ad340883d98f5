"""Items filled from a run, answered by people, or open with who must answer."""

import re
from pathlib import Path

import pytest
import yaml

from eriq.dossier import items
from eriq.dossier.items import asks, draft, filled, open_asks, parts_of, read_answers
from eriq.dossier.numbers import Evidence, Teller
from eriq.errors import ConfigError
from tests.test_wording import banned

CONTENT = yaml.safe_load(Path(items.__file__).with_name("items.yaml").read_text(encoding="utf-8"))


def test_tripod_has_its_27_items_and_each_part_its_numbers_once() -> None:
    """Numbers as published; none twice."""
    numbers = {part["id"]: [item["n"] for item in part["items"]] for part in CONTENT["parts"]}
    assert numbers["tripod"] == [str(n) for n in range(1, 28)]
    assert numbers["record"] == list("abcdefg")
    assert numbers["fria"] == list("abcdef")
    assert all(len(set(found)) == len(found) for found in numbers.values())
    assert len(numbers) == 7


def test_every_item_asks_what_is_known_and_every_question_is_asked() -> None:
    """No item without a way to be filled, no key that nobody asks for."""
    asked: set[str] = set()
    for item in (item for part in CONTENT["parts"] for item in part["items"]):
        ask = item.get("ask", [])
        asked |= {ask} if isinstance(ask, str) else set(ask)
        assert item.get("fill") or ask, item
    assert asked == set(asks())


def test_the_words_claim_no_effect_and_no_compliance() -> None:
    """Nothing judges a person; no item says that a law is met."""
    said = " . ".join(str(part) for part in re.findall(r'"([^"]*)"', str(CONTENT).replace("'", '"')))
    assert banned(said) == []
    assert not re.search(r"\bcompl(ies|iant)\b|\bin compliance\b|\bfulfils\b", said)


def test_a_full_run_fills_twenty_of_27_and_says_who_must_answer_the_rest(report: Path) -> None:
    """Filled or linked by the run alone; ethics and participation are open, whoever must answer is named."""
    parts = parts_of(Teller(Evidence(report)), {})
    (tripod,) = [part for part in parts if part.id == "tripod"]
    by_number = {entry.number: entry for entry in tripod.entries}
    known = {n for n, entry in by_number.items() if entry.state in ("filled", "linked")}
    # Dates and columns stand in the manifest, which is not in this folder: 5 and 9 are filled partly.
    assert known == set(map(str, range(1, 28))) - {"3", "5", "6", "9", "17", "18", "19", "25", "27"}
    assert {n for n, entry in by_number.items() if entry.state == "open"} == {"17", "19"}
    assert [ask.who for ask in by_number["17"].missing] == ["methods group"]
    assert {ask.key for ask in open_asks(parts)} == set(asks())


def test_a_run_that_says_nothing_fills_nothing(tmp_path: Path) -> None:
    """No number, no link to a file that is not there; a page of documentation is no answer of the run."""
    (tmp_path / "facts.json").write_text('{"name": "bare"}')
    teller = Teller(Evidence(tmp_path))
    tripod = parts_of(teller, {})[0]
    assert teller.told == []
    assert tripod.counts["filled"] == tripod.counts["linked"] == 0
    assert {entry.link for entry in tripod.entries} <= {"", "docs/data.md"}


def test_what_people_said_fills_an_item(report: Path) -> None:
    """Their words are escaped; nothing is open when all was answered."""
    answers = {key: f"<b>{key}</b>" for key in asks()}
    parts = parts_of(Teller(Evidence(report)), answers)
    assert open_asks(parts) == ()
    (tripod,) = [part for part in parts if part.id == "tripod"]
    assert tripod.counts["open"] == 0


def test_a_sentence_that_the_run_cannot_say_is_left_out(report: Path) -> None:
    """The rest stays, and the item is not whole; a place with ? is missed by nobody."""
    teller = Teller(Evidence(report))
    words, whole = filled(
        "There are {facts.n_rows|count} rows. None of {facts.n_rows|count} is {facts.absent}.", teller
    )
    assert re.sub("<[^>]+>", "", words) == "There are 12,512 rows."
    assert not whole
    assert len(teller.told) == 1
    assert filled("A. B {?facts.absent} c.", teller) == ("A.", True)
    assert filled("AUC 0.5 of e.g. {facts.name}.", teller)[0].startswith("AUC 0.5 of e.g. <span")


def test_the_draft_asks_everything_and_reads_as_no_answer(tmp_path: Path) -> None:
    """Every key has its question and who answers it above it."""
    file = tmp_path / "answers.yaml"
    file.write_text(draft(), encoding="utf-8")
    assert read_answers(file) == {}
    assert set(yaml.safe_load(draft())) == set(asks())
    assert draft().count("# who: ") == len(asks())


@pytest.mark.parametrize(("text", "words"), [("ethic: x", "Did you mean 'ethics'"), ("ethics: [1]", "in quotes")])
def test_answers_to_nothing_are_refused(tmp_path: Path, text: str, words: str) -> None:
    """A misspelt key is told with the nearest one."""
    (tmp_path / "answers.yaml").write_text(text)
    with pytest.raises(ConfigError, match=words):
        read_answers(tmp_path / "answers.yaml")
