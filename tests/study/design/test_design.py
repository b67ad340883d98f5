"""Rows of a design, drawn again by client."""

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
