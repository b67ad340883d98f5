"""The model card: every promise, limit and number."""

import re

import pytest
from tests.study.reporting.made_up import made_up, made_up_facts, main_tables

from eriq.study.reporting.card import card_markdown
from eriq.study.reporting.findings import cleared

CARD = (
    "## Intended use",
    "A person decides.",
    "sanctions",
    "decisions on benefits",
    "ranking or judging caseworkers",
    "employers: they are never recipients",
    "Prediction is not effect",
    "Not validated on Swedish clients",
    "86/83/64 is a third-party claim",
    "The quality of jobs",
    "displacement",
    "own wording, not the licensed instrument",
    "These people are made up.",
    "0.868 (0.856 to 0.880)",
    "lowest out-of-fold log loss",
    "intercept 0.013, slope 0.981",
    "scikit-learn 1.9.1",
    "Do you believe that the client will get a job within the next year?",
    "SHAP values of the calibrated log-odds, interventional: against one stored background.",
    "- WARNING: 60 people are there twice.",
    "- The track of an activation is a decision of somebody",
)


@pytest.mark.parametrize("words", CARD)
def test_the_card_says_what_a_card_must_say(words: str) -> None:
    """Each promise, limit and number is in the card."""
    assert words in re.sub(r"\s+", " ", card_markdown(cleared(made_up(), made_up_facts())))


def test_the_card_of_real_people_makes_no_claim_on_made_up_ones() -> None:
    """Without an instrument and on real data, the card has neither wording section nor made-up people."""
    card = card_markdown(cleared(main_tables(), made_up_facts(about="", simulated=False, instrument=None)))
    assert "made-up" not in card.lower()
    assert "## Questionnaire and wording" not in card
    assert "Not validated on Swedish clients" in card


def test_the_card_lists_items_by_whether_they_can_change() -> None:
    """Items stand under a heading each; a bar in a label does not open a table cell, and nobody's list is left out."""
    items = made_up()["importance"].query("level == 'item' and malleable == True").assign(label="a | b")
    card = card_markdown(cleared({**main_tables(), "importance": items}, made_up_facts()))
    assert "**Changeable**" in card
    assert "- a \\| b" in card
    assert "**Not changeable**" not in card
