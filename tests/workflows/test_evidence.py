"""Looking up what studies found."""

import pytest

from eriq.errors import ConfigError, InstrumentError
from eriq.workflows.evidence import for_item, groups, listed, shown


def test_an_item_means_its_indicator():
    """An item and its indicator give the same findings; the links say what they rest on."""
    by_item = for_item("cw09", ["long-term-social-assistance"], "eriq22", "en", "text")
    assert by_item == for_item("work_skills", ["long-term-social-assistance"], "eriq22", "en", "text")
    assert "link: our judgement" in by_item
    assert "rests on 40 studies" in by_item.replace("\n", " ")


def test_without_a_group_there_is_no_evidence():
    """Whom it is about must be declared."""
    assert "No evidence for this group." in for_item("cw09", [], "eriq22", "en", "text")


def test_the_harm_of_a_programme_is_shown():
    """The catalogue shows the programme with its harm and that it is never an option."""
    page = shown("SEM-05", "en", "html")
    assert "disability pension" in page
    assert "never an option" in page


def test_conflicts_are_shown_with_a_finding():
    """A finding is shown with those that say otherwise."""
    text = shown("SA-17", "en", "text")
    assert all(name in text for name in ("SA-17", "SEM-08", "RCT-01"))


def test_lists_are_by_group():
    """A list of a group holds that group's findings only; groups can be listed."""
    assert "SL-01" not in listed(["long-term-social-assistance"], "en", "text")
    assert "long-term-social-assistance: " in groups("sv")


def test_unknown_names_are_named_errors():
    """A finding or an item that is not there is an error with the nearest name."""
    with pytest.raises(ConfigError, match="SEM-05"):
        shown("SEM-5", "en", "text")
    with pytest.raises(InstrumentError, match="cw09"):
        for_item("cw9", [], "eriq22", "en", "text")
