"""Groups by register facts, and what is said of a column that somebody decided."""

from dataclasses import replace

import pandas as pd
import pytest

from eriq.features import register_columns, slices
from eriq.features.slices import audit_slices, decided_by_somebody, register_slices

DAY = "2015-12-31"
CODED = [("a", "2015-05-01", "disability_code"), ("b", "2014-02-01", "disability_code")]


def test_codes_make_groups_by_whether_and_when(waves, registers):
    """Coded within a year, coded later, and no code known; the last has no length of time."""
    persons = {name: {"registered_on": "2014-01-01"} for name in "abc"}
    found = register_slices(waves([(c, DAY) for c in "abc"]), registers(events=CODED, persons=persons), 30)

    assert ["coded", "coded", "no code known"] == found["disability_code"].tolist()
    assert ["longer", "up to a year"] == found["days_to_code"].tolist()[:2]
    assert pd.isna(found["days_to_code"][2])
    assert "track" not in found


@pytest.mark.parametrize(
    ("facts", "group"),
    [
        ({"education": "below_upper_secondary"}, "yes"),
        ({"origin": "outside_europe"}, "yes"),
        ({"born_on": "1955-01-01"}, "yes"),
        ({"education": "higher", "origin": "native"}, "no"),
        ({"education": "higher"}, None),
    ],
)
def test_weak_competitiveness_by_its_definition(waves, registers, facts, group):
    """Any part makes it; it is denied only where every part is known."""
    both = {"a": facts, "b": {"education": "higher", "origin": "native"}}
    found = register_slices(waves([("a", DAY), ("b", DAY)]), registers(persons=both), 30)["weak_competitiveness"]

    assert "no" == found[1]
    assert pd.isna(found[0]) if group is None else group == found[0]


def test_a_judgement_of_an_office_goes_before_the_definition(waves, registers):
    """Where an office judged, its word stands, and who was not judged is a gap."""
    persons = {"a": {"weak_competitiveness": "0", "education": "below_upper_secondary"}, "b": {}}
    found = register_slices(waves([("a", DAY), ("b", DAY)]), registers(persons=persons), 30)["weak_competitiveness"]

    assert "no" == found[0]
    assert pd.isna(found[1])


def test_tracks_are_groups_where_there_are_any(waves, registers):
    """Track 2 of an activation under way."""
    made = registers([("a", "2015-01-01", None, "activation")], persons={"a": {}})
    tracked = replace(made, spells=made.spells.assign(track=pd.array([2], dtype="Int8")))

    assert ["track 2"] == register_slices(waves([("a", DAY)]), tracked, 30)["track"].tolist()


def test_what_somebody_decided_is_said_to_be_so():
    """A track is a decision, two such columns are decisions, and an age is a fact."""
    assert "is a decision of somebody" in decided_by_somebody(["register.track"])
    assert "are decisions of somebody" in decided_by_somebody(["register.track", "register.weak_competitiveness"])
    assert "" == decided_by_somebody(["register.age"])


def test_audit_groups_are_as_known_on_the_answer_date(waves, registers):
    """A client grows older between answers; a code counts once it is known; a language is what persons says."""
    persons = {"a": {"born_on": "1986-06-01", "sex": "female", "language": "sv"}, "b": {"born_on": "1950-01-01"}}
    rows = waves([("a", "2016-01-01"), ("a", "2016-12-31"), ("b", "2016-01-01")])
    made = registers(events=[("a", "2016-03-01", "disability_code")], persons=persons)
    found = audit_slices(rows, made, 30, (30, 55))

    assert ["29 or younger", "30 to 54", "55 or older"] == found["age"].tolist()
    assert ["no code known", "coded", "no code known"] == found["disability_code"].tolist()
    assert found["language"].tolist()[:2] == ["sv", "sv"]
    assert pd.isna(found["language"][2])
    assert {"sex", "origin"} <= set(found)


def test_groups_that_the_data_do_not_have_are_not_made(waves, registers):
    """No language, no code, no bands asked for."""
    found = audit_slices(waves([("a", DAY)]), registers(persons={"a": {"sex": "male"}}), 30, ())

    assert ["sex", "origin"] == found.columns.tolist()


def test_columns_made_before_give_the_same_groups_without_being_made_again(waves, registers, monkeypatch):
    """What the registers held is asked once for features and groups."""
    rows, told = waves([(c, DAY) for c in "abc"]), registers(events=CODED, persons={name: {} for name in "abc"})
    made, alone = register_columns(rows, told, 30), audit_slices(rows, told, 30, (30,))
    monkeypatch.setattr(slices, "register_columns", None)

    pd.testing.assert_frame_equal(alone, audit_slices(rows, told, 30, (30,), made))
