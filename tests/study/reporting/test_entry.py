"""The figure of entries by month."""

import pandas as pd

from eriq.study.reporting.entry import draw_entry


def test_months_that_may_not_be_shown_are_not_drawn() -> None:
    """A month without numbers ends the lines, and the description names the last one that is there."""
    curve = pd.DataFrame(
        {
            "month": [0.0, 1.0, 2.0],
            "observed": [0.0, 0.1, None],
            "low": [0.0, 0.08, None],
            "high": [0.0, 0.12, None],
            "forecast": [0.0, 0.11, None],
        }
    )
    drawn = draw_entry(curve)
    observed, forecast = drawn.axes[0].lines
    assert observed.get_ydata().tolist() == [0.0, 0.1]
    assert forecast.get_ydata().tolist() == [0.0, 0.11]
    assert "By month 1: observed 10.0 %, mean forecast 11.0 %." in drawn.description.replace("\xa0", " ")
