"""The figure of entries by month: observed and forecast."""

from typing import TYPE_CHECKING

import pandas as pd

from eriq.pages import percent
from eriq.study.reporting.canvas import figure, remember, style
from eriq.study.reporting.drawing import AMBER, DASHES, TEAL

if TYPE_CHECKING:
    from eriq.study.reporting.canvas import Figure


def draw_entry(curve: pd.DataFrame) -> "Figure":
    """Return the share with an entry by month, observed with its band, and the mean forecast.

    Parameters
    ----------
    curve : DataFrame
        month, observed, low, high, forecast: the result table `entry_curve`; months with gaps are not drawn.

    Examples
    --------
    >>> curve = pd.DataFrame({"month": [0, 1], "observed": [0, 0.1], "low": [0, 0.05], "high": [0, 0.2]})
    >>> len(draw_entry(curve.assign(forecast=[0.0, 0.12])).axes[0].lines)
    2
    """
    shown = curve.dropna(subset=["month", "observed", "forecast"]).astype({"month": "float64"})
    last = shown.iloc[-1]
    words = (
        f"Share with an entry by month. By month {last['month']:g}: observed {percent(last['observed'])}, "
        f"mean forecast {percent(last['forecast'])}."
    )
    with style():
        whole, axes = figure("entry_curve", "Entries by month", words, 3.4)
        remember(whole, shown)
        axes.fill_between(shown["month"], shown["low"], shown["high"], color=TEAL, alpha=0.15, linewidth=0)
        axes.plot(
            shown["month"], shown["observed"], color=TEAL, linewidth=2, marker="o", markersize=4, label="observed"
        )
        axes.plot(
            shown["month"], shown["forecast"], color=AMBER, linewidth=2, linestyle=DASHES[0], label="mean forecast"
        )
        axes.set(xlabel="Months after the answer", ylabel="Share with an entry", ylim=(0, None))
        axes.set_xticks(range(0, int(shown["month"].max()) + 1, 3))
        axes.yaxis.set_major_formatter(lambda y, _: f"{100 * y:.0f} %")
        whole.legend(loc="outside upper left", ncols=2, handlelength=2.4)
    return whole
