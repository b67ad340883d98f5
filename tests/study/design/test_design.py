"""Rows of a design, drawn again by client."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from eriq.study.design.design import make_design, resampled


def test_people_are_drawn_whole_and_each_draw_is_a_person():
    """A resample has as many people as before; all rows of one draw carry one code and stem from one client."""
    rows = pd.DataFrame({"client_id": [f"c{k}" for k in range(300)]})
    people = make_design(rows, pd.DataFrame({"register.a": np.arange(300.0)}), np.arange(300) % 2)
    waves = people.take(np.repeat(np.arange(300), 2))
    again = resampled(waves, np.random.default_rng(3))
    assert len(np.unique(again.client)) == 300
    assert len(again.outcome) == 600
    by_draw = again.rows.groupby(again.client)["client_id"]
    assert (by_draw.min() == by_draw.max()).all()
    assert (by_draw.size() == 2).all()
    assert again.rows["client_id"].nunique() == pytest.approx(300 * (1 - np.exp(-1)), abs=25)


def test_what_a_fit_looks_at_is_some_rows_and_columns_and_nothing_about_the_person():
    """The columns come in the order asked for; outcome, people and weights go with the rows; of these only the date."""
    day = pd.date_range("2020-01-01", periods=4)
    rows = pd.DataFrame({"client_id": list("abca"), "answered_on": day, "caseworker_id": "w"})
    matrix = pd.DataFrame({"a": [1.0, 2, 3, np.nan], "b": [5.0, 6, 7, 8], "c": 0.0})
    whole = replace(
        make_design(rows, matrix, np.array([0, 1, 0, 1])), weight=np.arange(4.0), halves=rows[["client_id"]]
    )
    some = whole.only(["b", "a"], np.array([3, 0]))
    pd.testing.assert_frame_equal(some.matrix, matrix.loc[[3, 0], ["b", "a"]].reset_index(drop=True))
    pd.testing.assert_frame_equal(some.rows, rows.loc[[3, 0], ["answered_on"]].reset_index(drop=True))
    assert (some.outcome.tolist(), some.client.tolist(), some.weight.tolist()) == ([1, 0], [0, 0], [3, 0])
    assert some.halves is None
    assert len(whole.only(()).outcome) == 4
