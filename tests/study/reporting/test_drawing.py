"""Figures: what is drawn is what the table says, and the SVG can stand in a page with others."""

import subprocess
import sys
import xml.etree.ElementTree as ET

import numpy as np
import pandas as pd
import pytest

from eriq.study.reporting.canvas import as_png, as_svg
from eriq.study.reporting.drawing import (
    draw_calibration,
    draw_decision,
    draw_dependence,
    draw_flow,
    draw_intervals,
)

SVG = "{http://www.w3.org/2000/svg}"


def estimates() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "label": ["Questionnaire", "Caseworker & client <both>", "Price in $ and $"],
            "estimate": [0.86, 0.79, 0.64],
            "low": [0.85, 0.77, np.nan],
            "high": [0.87, 0.81, np.nan],
            "kind": ["model", "human forecast", "model"],
        }
    )


def curve() -> pd.DataFrame:
    x = [0.1, 0.2, 0.3]
    parts = [
        pd.DataFrame({"contender": name, "curve": kind, "forecast": x, "observed": np.array(x) * times})
        for name in ("a", "b", "other")
        for kind, times in (("lowess", 1.0), ("logit spline", 0.9))
    ]
    return pd.concat(parts).assign(low=0.0, high=0.4)


def words(svg: str) -> list[str]:
    return ["".join(node.itertext()).strip() for node in ET.fromstring(svg).iter(f"{SVG}text")]


def test_text_stays_text() -> None:
    """Labels, the axis and the numbers can be read, searched and translated; markup and dollar signs are plain text."""
    found = words(as_svg(draw_intervals(estimates(), name="auc", title="Discrimination", axis="AUC")))
    assert {"Questionnaire", "Caseworker & client <both>", "Price in $ and $", "AUC"} <= set(found)
    assert "0.860  (0.850 to 0.870)" in found
    assert "0.640" in found  # no interval, none is invented


def test_a_figure_names_and_describes_itself() -> None:
    """Title and description come first and are what the SVG points to; the description holds the numbers."""
    svg = as_svg(draw_intervals(estimates(), name="auc", title="Discrimination", axis="AUC"))
    root = ET.fromstring(svg)
    title, description = root[0], root[1]
    assert title.tag == f"{SVG}title"
    assert title.text == "Discrimination"
    assert "Questionnaire: 0.860" in (description.text or "")
    assert root.get("role") == "img"
    assert (root.get("aria-labelledby") or "").split() == [title.get("id"), description.get("id")]


def test_two_figures_on_a_page_share_no_id() -> None:
    """The same table drawn under two names has no id in common, and every reference is found at home."""
    svgs = [as_svg(draw_intervals(estimates(), name=name, title="t", axis="x")) for name in ("one", "two")]
    ids = [{node.get("id") for node in ET.fromstring(svg).iter()} - {None} for svg in svgs]
    assert ids[0]
    assert not ids[0] & ids[1]
    for svg, own in zip(svgs, ids, strict=True):
        references = {
            value[5:-1]
            for node in ET.fromstring(svg).iter()
            for value in node.attrib.values()
            if value.startswith("url(#")
        }
        assert references <= own


def test_the_same_table_gives_the_same_svg() -> None:
    """No date, no random id: two drawings are equal to the last character."""
    first, second = (as_svg(draw_flow(flow())) for _ in range(2))
    assert first == second


def test_an_svg_points_to_nothing_outside() -> None:
    """The only address is the name of the SVG language itself."""
    svg = as_svg(draw_calibration(curve(), bins(), {"a": "A", "b": "B"}))
    assert svg.count("http") == svg.count('xmlns="http://www.w3.org/2000/svg"') == 1


def test_png_is_a_picture() -> None:
    """The bytes start as a PNG does."""
    assert as_png(draw_flow(flow())).startswith(b"\x89PNG\r\n")


def flow() -> pd.DataFrame:
    reasons, kinds = ["read", "no answer", "few", "in"], ["all", "out", "out", "in"]
    return pd.DataFrame({"reason": reasons, "rows": pd.array([100, 20, None, 77], dtype="Int64"), "kind": kinds})


def test_a_hidden_count_has_no_bar() -> None:
    """Three of four rows have a number, so three bars are drawn, at their lengths."""
    bars = draw_flow(flow()).axes[0].patches
    assert [bar.get_width() for bar in bars] == [100, 20, 77]
    assert "few" not in as_svg(draw_flow(flow()))


def test_rows_are_drawn_from_top_to_bottom_in_the_order_given() -> None:
    """The y axis points down, so the first row of the table is the highest."""
    axes = draw_intervals(estimates(), name="n", title="t", axis="x").axes[0]
    low, high = axes.get_ylim()
    assert low > high
    assert axes.get_yticks().tolist() == [0, 1, 2]


def test_bars_start_at_zero() -> None:
    """An amount drawn from anything but zero would mislead."""
    axes = draw_intervals(estimates(), name="n", title="t", axis="x", bars=True).axes[0]
    assert axes.get_xlim()[0] == 0
    assert [bar.get_width() for bar in axes.patches] == [0.86, 0.79, 0.64]


def test_groups_have_headings() -> None:
    """Each run of a group is announced once, above its first row."""
    table = estimates().assign(group=["Changeable", "Changeable", "Not changeable"])
    found = words(as_svg(draw_intervals(table, name="n", title="t", axis="x")))
    assert found.count("Changeable") == 1
    assert found.count("Not changeable") == 1


def bins() -> pd.DataFrame:
    return pd.DataFrame(
        {"contender": ["a", "a"], "forecast": [0.1, np.nan], "observed": [0.12, np.nan], "n": [50, np.nan]}
    )


@pytest.mark.parametrize("n", [1, 2, 3])
def test_calibration_has_one_panel_per_contender_and_equal_axes(n: int) -> None:
    """Both axes have the same range, which ends just above the largest value, and suppressed bins are not drawn."""
    labels = dict(list({"a": "A", "b": "B", "other": "C"}.items())[:n])
    panels = draw_calibration(curve(), bins(), labels).axes
    assert len(panels) == n
    assert panels[0].get_xlim() == panels[0].get_ylim() == pytest.approx((0, 0.318))
    dots = next(line for line in panels[0].lines if line.get_label() == "bins of people")
    assert dots.get_xdata().tolist() == [0.1]


def test_calibration_draws_both_kinds_of_curve() -> None:
    """The smooth curve and the spline are a line each, at their own heights, and only the first has a band."""
    panel = draw_calibration(curve(), bins(), {"a": "A"}).axes[0]
    heights = {line.get_label(): line.get_ydata().tolist() for line in panel.lines}
    assert heights["smooth curve"] == [0.1, 0.2, 0.3]
    assert heights["spline of log-odds"] == pytest.approx([0.09, 0.18, 0.27])
    assert len(panel.collections) == 1


def test_acting_for_everyone_does_not_flatten_the_decision_curves() -> None:
    """Treating all falls without end; the axis stops at about a third of the best net benefit below zero."""
    thresholds = [0.01, 0.5]
    table = pd.DataFrame(
        {
            "contender": ["m", "m", "treat all", "treat all"],
            "threshold": thresholds * 2,
            "net_benefit": [0.04, 0.01, 0.03, -0.9],
            "low": 0.0,
            "high": 0.1,
        }
    )
    axes = draw_decision(table, {"m": "a model"}).axes[0]
    assert axes.get_ylim() == pytest.approx((-0.014, 0.046))
    assert len(axes.lines) == 2


def test_answers_keep_their_order_and_a_suppressed_one_leaves_a_gap() -> None:
    """Rows come shuffled; levels are drawn 0, 1, 2, and the level without a number keeps its place."""
    table = pd.DataFrame(
        {
            "item": "cw11",
            "label": "Belief",
            "level": [2, 0, 1],
            "answer": ["yes", "no", "perhaps"],
            "contribution": [0.9, -0.5, np.nan],
            "low": [0.8, -0.6, np.nan],
            "high": [1.0, -0.4, np.nan],
        }
    )
    axes = draw_dependence(table, ["cw11"]).axes[0]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["no", "perhaps", "yes"]
    np.testing.assert_array_equal(axes.lines[-1].get_ydata(), [-0.5, np.nan, 0.9])


def test_tables_are_left_as_they_were() -> None:
    """Drawing changes no input."""
    table = estimates()
    draw_intervals(table, name="n", title="t", axis="x")
    pd.testing.assert_frame_equal(table, estimates())


def test_matplotlib_is_imported_when_drawing_and_pyplot_never() -> None:
    """Importing the module costs no matplotlib; drawing leaves no global figure state behind."""
    code = (
        "import sys, pandas as pd, eriq.study.reporting.canvas as c, eriq.study.reporting.drawing as d\n"
        "assert 'matplotlib' not in sys.modules\n"
        "c.as_svg(d.draw_flow(pd.DataFrame({'reason': ['read'], 'rows': [9], 'kind': ['all']})))\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
