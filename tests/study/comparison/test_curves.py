"""Calibration curves."""

from eriq.tables.results import ON_LOGIT, SAVED, SMOOTH


def test_calibration_tables_show_both_blocks_and_the_saved_model(found):
    """Curves with bands, and bins, for the declared pair, the chosen contender and for what is saved."""
    shown = {"questionnaire | logistic", "register_full | logistic", found.chosen.name, SAVED}
    for name in ("calibration_curve", "calibration_bins"):
        assert set(found.tables[name]["contender"]) == shown
    curve = found.tables["calibration_curve"]
    assert (curve["low"] <= curve["high"]).all()


def test_every_curve_comes_in_both_kinds_at_the_same_forecasts(found):
    """The local mean and the spline of the log-odds stand side by side, each with its band, all within [0, 1]."""
    curve = found.tables["calibration_curve"]
    for _, part in curve.groupby("contender"):
        smooth, on_logit = (part[part["curve"] == kind] for kind in (SMOOTH, ON_LOGIT))
        assert smooth["forecast"].tolist() == on_logit["forecast"].tolist()
        assert (smooth["observed"].to_numpy() != on_logit["observed"].to_numpy()).any()
    assert curve[["observed", "low", "high"]].ge(0).all(axis=None)
    assert curve[["observed", "low", "high"]].le(1).all(axis=None)
