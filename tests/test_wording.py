"""Words: associations only, nothing that judges a person, nothing that invites a sanction."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import eriq
from eriq.instrument.instrument import avoided_in, load_instrument
from eriq.instrument.texts import LANGUAGES

PACKAGE = Path(eriq.__file__).parent
TEMPLATES = sorted(path.name for path in (PACKAGE / "templates").iterdir() if path.suffix in (".html", ".md"))
WRITERS = [PACKAGE / "pages.py", *(PACKAGE / "disclosure").rglob("*.py"), *(PACKAGE / "study").rglob("*.py")]
MODULES = sorted(str(path.relative_to(PACKAGE)) for path in WRITERS)

# Phrases that claim an effect. "Prediction is not effect" and "not effects" are what should be said.
CAUSAL = (
    r"\bbecause\b",
    r"\bcauses?\b",
    r"\bcaused\b",
    r"\bcausing\b",
    r"\bleads? to\b",
    r"\bled to\b",
    r"\bdue to\b",
    r"\bthanks to\b",
    r"\bresults? in\b",
    r"\bowing to\b",
    r"\bdrivers?\b",
    r"\bdriven by\b",
    r"\bimpacts?\b",
    r"\beffects? of\b",
    r"\bdetermin(es|ed by)\b",
    r"\b(raises|lowers|increases|reduces|improves|boosts) (the )?(chances?|probability|odds|likelihood)\b",
)
# Phrases that make a trait of a person out of a situation, beyond those the questionnaire avoids.
STIGMA = (
    r"\bhopeless\b",
    r"\bproblem (clients?|cases?)\b",
    r"\bhigh.risk (clients?|people|persons?)\b",
    r"\bnot job.ready\b",
    r"\bfailures?\b",
    r"\bunproductive\b",
    r"\bworst (clients?|people)\b",
    r"\bunwilling\b",
)
# Phrases that turn a forecast into a measure against a person, or into a ranking of caseworkers.
SANCTION = (
    r"\bnon-?complian",
    r"\bpunish",
    r"\bpenalis",
    r"\bwithdraw(n|al)? (of )?(the )?benefits?\b",
    r"\b(best|worst) caseworkers?\b",
    r"\bcaseworker ranking\b",
    r"\bmust (apply|attend|accept)\b",
)
BANNED = (*CAUSAL, *STIGMA, *SANCTION)


def said(text: str) -> str:
    """Return what a reader sees of a template: no comments, no code, no styles, no tags."""
    for pattern in (r"\{#.*?#\}", r"\{% block style %\}.*?\{% endblock %\}", r"<style>.*?</style>"):
        text = re.sub(pattern, " ", text, flags=re.DOTALL)
    quoted = " . ".join(re.findall(r'"([^"]*)"', " ".join(re.findall(r"\{[{%].*?[%}]\}", text, flags=re.DOTALL))))
    plain = re.sub(r"<[^>]+>", " ", re.sub(r"\{[{%].*?[%}]\}", " ", text, flags=re.DOTALL))
    return re.sub(r"\s+", " ", f"{plain} . {quoted}")


def strings(path: Path) -> Iterator[str]:
    """Yield the text constants of a module, without its docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    described = (ast.Module, ast.ClassDef, ast.FunctionDef)
    docs = {
        id(n.body[0].value)
        for n in ast.walk(tree)
        if isinstance(n, described) and n.body and isinstance(n.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node.value


def banned(text: str) -> list[str]:
    """Return the banned phrases in an English text."""
    found = [pattern for pattern in BANNED if re.search(pattern, text, re.IGNORECASE)]
    return found + avoided_in(text, "en")


@pytest.mark.parametrize("name", TEMPLATES)
def test_templates_say_nothing_banned(name: str) -> None:
    """No template claims an effect, judges a person or invites a sanction."""
    assert banned(said((PACKAGE / "templates" / name).read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("name", MODULES)
def test_modules_that_write_words_say_nothing_banned(name: str) -> None:
    """The same holds for words in code."""
    assert banned(" . ".join(strings(PACKAGE / name))) == []


@pytest.mark.parametrize("name", ["eriq22", "eriq-sv", "eriq22-1"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_questionnaires_say_nothing_banned(name: str, language: str) -> None:
    """No question, answer or notice judges a person, in any language; English ones claim no effect either."""
    instrument = load_instrument(name)
    texts = [instrument.notice, instrument.name, *instrument.indicators.values()]
    texts += [text for item in instrument.items for text in (item.text, item.easy_read, item.help, item.short) if text]
    levels = [level for item in instrument.items for level in instrument.levels(item.id)]
    texts += [text for level in levels for text in (level.labels, level.easy_read) if text]
    texts += [text for code in instrument.missing_codes for text in (code.labels, *code.to.values())]
    said_in = " . ".join(getattr(text, language) for text in texts)
    assert avoided_in(said_in, language) == []  # type: ignore[arg-type]
    if language == "en":
        assert banned(said_in) == []


@pytest.mark.parametrize(
    "sentence",
    [
        "He found work because of the course.",
        "Belief leads to work.",
        "The gain is due to the questionnaire.",
        "Coping increases the chance of work.",
        "People far from the labour market.",
        "hard-to-place clients",
        "A non-compliant client.",
        "The best caseworkers have high scores.",
        "Age is a driver of unemployment.",
        "the effect of belief",
    ],
)
def test_the_list_bites(sentence: str) -> None:
    """Each of these sentences is caught."""
    assert banned(sentence)


@pytest.mark.parametrize(
    "sentence",
    ["Prediction is not effect.", "Associations, not effects.", "associated with job entry", "AUC 0.86 against 0.64"],
)
def test_the_list_lets_sober_sentences_pass(sentence: str) -> None:
    """What reports should say is not caught."""
    assert banned(sentence) == []


def test_sanctions_are_named_only_to_rule_them_out() -> None:
    """In the report the sentence says "never"; in the card the word stands under "Not for" and nowhere else."""
    report = said((PACKAGE / "templates" / "report.html").read_text(encoding="utf-8"))
    sentences = [s for s in re.split(r"[.!?]", report) if "sanction" in s.lower()]
    assert sentences
    assert all(re.search(r"\bnever for sanctions\b", s) for s in sentences)
    card = (PACKAGE / "templates" / "card.md").read_text(encoding="utf-8")
    start, end = card.index("## Not for"), card.index("## Outcome")
    assert [start < m.start() < end for m in re.finditer("sanction", card)] == [True]


@pytest.mark.parametrize("name", ["report.html", "card.md"])
def test_no_number_is_typed_into_a_template(name: str) -> None:
    """Beside the claim of a third party, 86, 83 and 64, a template has no number of its own."""
    text = said((PACKAGE / "templates" / name).read_text(encoding="utf-8"))
    text = re.sub(r"\(ideal [01]\)|90th percentile", "", text)  # definitions, not results
    numbers = re.findall(r"(?<![A-Za-z0-9])\d+(?:[.,]\d+)?", text)
    assert set(numbers) <= {"86", "83", "64"}
