"""What is said of groups."""

import pytest

from eriq.study.groups.audit import audit
from eriq.study.groups.words import sentences
from tests.study.groups.world import asked, people


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "Not declared in the config, and taken to be so: support is offered to the 10 %"),
        ({"pick": "lowest", "share": 0.2}, "Declared: support is offered to the 20 % of questionnaires with the low"),
    ],
)
def test_the_rule_is_said_and_whether_anybody_declared_it(given, words):
    """First sentence; the lowest third is spoken of either way."""
    experiment = asked(50, **given)
    told = sentences(audit(*people(600, 5), experiment), experiment)
    assert told[0].startswith(words)
    assert "Of the lowest third of all forecasts" in told[0]
    assert ("60 % would be offered" in told[0]) == bool(given)


def test_verdicts_are_counted_and_shown_gaps_named():
    """The counts add up, the planted gap is among those told, and its numbers are the table's."""
    experiment = asked()
    tables = audit(*people(2500, 3, missed=1.2), experiment)
    told = sentences(tables, experiment)
    gaps = tables["group_gaps"]
    assert f"{len(gaps)} gaps between groups by half, third, band and half x third" in told[1]
    assert f"{(gaps['verdict'] == 'gap shown').sum()} gap shown" in told[1]
    row = gaps.query("column == 'half' and group == 'b' and measure == 'calibration_in_the_large'").iloc[0]
    (line,) = [words for words in told if words.startswith("Gap shown: half, b: calibration in the large")]
    assert f"differs by {row['gap']:+.3f} ({row['gap_low']:+.3f} to {row['gap_high']:+.3f})" in line
    assert "larger than the 0.25 declared to be small" in line


def test_nothing_is_said_where_nobody_looked():
    """No tables, no sentences."""
    assert sentences({}, asked(50)) == ()
