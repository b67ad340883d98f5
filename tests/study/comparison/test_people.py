"""The model against people."""

import pytest


def test_the_model_against_people_is_the_difference_either_way(found):
    """The gain of the declared model over the caseworker's forecast has the sign of their AUCs."""
    row = found.tables["human"].iloc[0]
    areas = found.tables["measures"].query("measure == 'auc'").set_index("contender")["estimate"]
    assert row["human"] == "belief | level_rates"
    assert row["estimate"] == pytest.approx(areas[row["model"]] - areas[row["human"]])
    assert row["low"] <= row["high"]
