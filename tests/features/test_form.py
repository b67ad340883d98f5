"""The form that staff fill in: the last one known on the answer date."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from eriq.features import FORM_FEATURES, recorded_columns, recorded_features
from eriq.features.form import form_columns
from eriq.tables import schema

FORMS = [
    ("x", "2015-01-10", 10.0, 3, 2, 0, None),
    ("x", "2015-06-01", 25.0, 4, None, 1, None),
    ("x", "2015-09-01", 30.0, 1, 1, 1, "2015-12-24"),
    ("y", "2015-06-01", 5.0, 9, 9, 0, None),
]


@pytest.fixture
def filled(registers):
    """Return registers of two clients with four forms."""
    names = [c.name for c in schema.FORMS]
    frame = pd.DataFrame(FORMS, columns=names).astype({"filled_on": "str", "known_on": "str"})
    forms, problems = schema.check(frame, schema.FORMS, "forms")
    schema.refuse(problems)
    return replace(registers(persons={"x": {}, "y": {}, "z": {}}), forms=forms)


@pytest.mark.parametrize(
    ("client", "day", "expected"),
    [
        ("x", "2015-01-09", [np.nan] * 4),
        ("x", "2015-01-10", [10, 3, 2, 0]),  # the day itself counts
        ("x", "2015-05-31", [10, 3, 2, 0]),
        ("x", "2015-06-01", [25, 4, np.nan, 1]),  # what was left open stays open
        ("x", "2015-12-23", [25, 4, np.nan, 1]),  # the third form was not known yet
        ("x", "2015-12-24", [30, 1, 1, 1]),
        ("z", "2015-12-24", [np.nan] * 4),
    ],
)
def test_the_last_form_known_on_the_answer_date_counts(waves, filled, client, day, expected):
    """Neither a later form nor one that became known later is looked at, and nobody has another client's."""
    np.testing.assert_array_equal(form_columns(waves([(client, day)]), filled).to_numpy(), [expected])


def test_rows_keep_their_order(waves, filled):
    """Three rows, of which the middle one has no form yet, come back as three rows."""
    rows = waves([("y", "2015-07-01"), ("x", "2014-01-01"), ("x", "2015-02-01")])
    np.testing.assert_array_equal(form_columns(rows, filled)["form.contacts"], [9, np.nan, 3])


def test_recorded_columns_are_those_of_their_features(waves, filled, registers):
    """Form and register come in the order of their features; without a form no feature is one of its columns."""
    rows = waves([("x", "2015-07-01")])
    bare = registers(persons={"x": {}})

    assert list(recorded_columns(rows, filled, 30).columns) == [f.name for f in recorded_features(filled)]
    assert recorded_columns(rows, bare, 30)[[f.name for f in FORM_FEATURES]].isna().all(axis=None)
    assert {f.name for f in recorded_features(filled)} - {f.name for f in recorded_features(bare)} == {
        f.name for f in FORM_FEATURES
    }


def test_the_form_is_a_source_of_its_own():
    """Whose knowledge it is: the form's, which an office records and no questionnaire asks."""
    assert {"form"} == {f.respondent for f in FORM_FEATURES}
    assert all(f.recorded for f in FORM_FEATURES)
