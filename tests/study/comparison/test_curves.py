"""Calibration curves."""

from eriq.tables.results import SAVED


def test_calibration_tables_show_both_blocks_and_the_saved_model(found):
    """Curves with bands, and bins, for the declared pair and for what is saved."""
    shown = {"questionnaire | logistic", "register_full | logistic", SAVED}
    for name in ("calibration_curve", "calibration_bins"):
        assert set(found.tables[name]["contender"]) == shown
    curve = found.tables["calibration_curve"]
    assert (curve["low"] <= curve["high"]).all()
