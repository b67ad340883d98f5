"""A table in, a figure out."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from eriq.pages import interval, number
from eriq.study.reporting.canvas import INK, SOFT, figure, key, panels, remember, style
from eriq.tables.results import ON_LOGIT, SMOOTH

if TYPE_CHECKING:
    from eriq.study.reporting.canvas import Axes, Figure

TEAL, AMBER, PLUM, BLUE, RED, GREY = "#1d5c63", "#b8690f", "#6b4c86", "#3f74a8", "#9c2f25", "#8b8f94"
PALETTE = (TEAL, AMBER, PLUM, BLUE, RED)
# Shape and colour say the same, so that neither print in grey nor colour vision decides what is read.
MARKS: Mapping[str, tuple[str, str]] = {
    "model": (TEAL, "o"),
    "human forecast": (AMBER, "D"),
    "one-question rule": (PLUM, "s"),
    "overall rate": (GREY, "v"),
    "Changeable": (TEAL, "o"),
    "Not changeable": (AMBER, "D"),
    "Not stated": (GREY, "v"),
}
DASHES = ((0, (4, 3)), (0, (1, 1.5)), (0, (6, 2, 1, 2)))
ACTING: Mapping[str, tuple[float, tuple[float, float]]] = {"treat all": (0, (5, 2)), "treat none": (0, (1, 1.5))}


def draw_flow(flow: pd.DataFrame) -> "Figure":
    """Return bars of how many questionnaires were read, left out for each reason, and kept.

    Parameters
    ----------
    flow : DataFrame
        reason, rows, kind ("all", "out" or "in"), in the order to be drawn; missing counts are left out, because
        the length of a bar would tell them.

    Examples
    --------
    >>> drawn = draw_flow(pd.DataFrame({"reason": ["read", "in"], "rows": [9, 9], "kind": ["all", "in"]}))
    >>> drawn.get_gid()
    'flow'
    """
    shown = flow.dropna(subset=["rows"])
    colours = shown["kind"].map({"all": GREY, "out": AMBER, "in": TEAL}).tolist()
    words = _listed(shown["reason"], shown["rows"], 0)
    with style():
        whole, axes = figure("flow", "Who is in and who was left out", words, 0.5 + 0.34 * len(shown))
        remember(whole, shown)
        places = np.arange(len(shown))
        axes.barh(places, shown["rows"], color=colours, height=0.62)
        axes.set_yticks(places, [wrapped(label, 46) for label in shown["reason"]])
        axes.invert_yaxis()
        axes.tick_params(axis="y", length=0)
        axes.grid(visible=False, axis="y")
        for place, rows in zip(places, shown["rows"], strict=True):
            axes.annotate(number(rows, 0), (rows, place), (4, 0), textcoords="offset points", va="center", fontsize=8.5)
        axes.set_xlim(0, shown["rows"].max() * 1.1)
        axes.set_xlabel("Questionnaires")
        axes.xaxis.set_major_formatter(lambda x, _: number(x, 0))
    return whole


# --- estimates with their intervals --------------------------------------------------------


def draw_intervals(
    table: pd.DataFrame,
    *,
    name: str,
    title: str,
    axis: str,
    lines: Mapping[str, float] | None = None,
    bars: bool = False,
    legend: bool = True,
) -> "Figure":
    """Return estimates with their intervals, one row each, as points or as bars from zero.

    Parameters
    ----------
    table : DataFrame
        label, estimate, low, high, from top to bottom; where present, `kind` sets colour and shape (see `MARKS`,
        otherwise by order) and `group` puts a heading above each run of rows.
    name, title, axis : str
        Identity on the page, what is seen, and the words of the axis with its unit.
    lines : mapping of str to float, optional
        At most three upright lines: words to place.
    bars : bool
        Draw bars from zero, for amounts; points otherwise.
    legend : bool
        Whether kinds are explained above the rows.

    Examples
    --------
    >>> table = pd.DataFrame({"label": ["register"], "estimate": [0.64], "low": [0.62], "high": [0.66]})
    >>> len(draw_intervals(table, name="auc", title="Discrimination", axis="AUC").axes)
    1
    """
    table = table.reset_index(drop=True)
    kinds = table["kind"] if "kind" in table else pd.Series("model", index=table.index)
    known = list(dict.fromkeys(kinds))
    marks = {kind: MARKS.get(kind, (PALETTE[k % len(PALETTE)], "o")) for k, kind in enumerate(known)}
    groups = table["group"] if "group" in table else pd.Series("", index=table.index)
    places, headings = places_of(groups)
    height = 0.95 + 0.28 * (places[-1] + 1) + 0.1 * sum(len(label) > 44 for label in table["label"])
    with style():
        whole, axes = figure(name, title, _listed(table["label"], table["estimate"], 3), height)
        remember(whole, table)
        looks = dict(zip(lines or {}, DASHES, strict=False))
        for words, x in (lines or {}).items():
            axes.axvline(x, color=INK, linewidth=1.1, linestyle=looks[words])
        numbers = table[["estimate", "low", "high"]].to_numpy("float64", na_value=np.nan)
        for place, kind, row in zip(places, kinds, numbers, strict=True):
            _draw_estimate(axes, place, row, marks[kind], bars=bars)
        name_rows(axes, table["label"], places, headings)
        axes.set_xlabel(axis)
        if bars:
            axes.set_xlim(left=min(0.0, float(table[["estimate", "low"]].min().min())))
        keys = [key(words, color=INK, linewidth=1.1, linestyle=dash) for words, dash in looks.items()]
        if len(known) > 1 and legend:
            keys = [key(k, linestyle="", marker=m, color=c, markersize=6.5) for k, (c, m) in marks.items()] + keys
        if keys:
            whole.legend(handles=keys, loc="outside upper left", ncols=3, handletextpad=0.5, columnspacing=1.6)
    return whole


def _draw_estimate(axes: "Axes", place: float, row: np.ndarray, mark: tuple[str, str], *, bars: bool) -> None:
    """Draw one estimate with its interval at its height, and write the numbers beside it."""
    (estimate, low, high), (colour, shape) = row, mark
    words = number(estimate)
    if bars:
        axes.barh(place, estimate, height=0.62, color=colour, alpha=0.85)
    if np.isfinite([low, high]).all():
        words += f"  ({interval(low, high)})"
        look = (INK, 1.3) if bars else (colour, 2)
        axes.plot([low, high], [place, place], solid_capstyle="round", color=look[0], linewidth=look[1])
    if not bars:
        axes.plot(estimate, place, shape, color=colour, markersize=6.5, markeredgecolor="white")
    axes.text(1.015, place, words, transform=axes.get_yaxis_transform(), va="center", fontsize=8.5)


def name_rows(axes: "Axes", labels: pd.Series, places: Sequence[float], headings: Sequence[tuple[float, str]]) -> None:
    """Write the words of each row, and a heading above each group."""
    axes.set_yticks(places, [wrapped(label, 44) for label in labels])
    axes.set_ylim(max(places) + 0.7, -0.7)
    for place, heading in headings:
        axes.text(-0.01, place, heading, transform=axes.get_yaxis_transform(), ha="right", va="center", weight="bold")
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")


def places_of(groups: pd.Series) -> tuple[list[float], list[tuple[float, str]]]:
    """Return the height of each row, counted downwards, and of the heading above each run of a group."""
    places: list[float] = []
    headings: list[tuple[float, str]] = []
    at, last = 0.0, ""
    for group in groups.astype("str"):
        if group != last:
            at += 0.35 if headings else 0.0
            headings.append((at, group))
            at, last = at + 0.9, group
        places.append(at)
        at += 1
    return places, headings


# --- curves --------------------------------------------------------------------------------


def draw_calibration(
    curve: pd.DataFrame, bins: pd.DataFrame, labels: Mapping[str, str], histogram: pd.DataFrame | None = None
) -> "Figure":
    """Return observed share against forecast, one panel for each contender of `labels`.

    Parameters
    ----------
    curve : DataFrame
        contender, curve, forecast, observed, low, high: the smooth curve with its band, and that on the logit scale.
    bins : DataFrame
        contender, forecast, observed, n: equally filled bins; rows without numbers are left out.
    labels : mapping of str to str
        The contenders to draw, with their words.
    histogram : DataFrame, optional
        contender, low, high, n: how many forecasts there are, drawn at the foot of each panel.

    Examples
    --------
    >>> curve = pd.DataFrame({"contender": "m", "curve": "lowess", "forecast": [0.1, 0.3], "observed": [0.1, 0.2]})
    >>> curve = curve.assign(low=0, high=0.4)
    >>> bins = pd.DataFrame({"contender": ["m"], "forecast": [0.2], "observed": [0.2], "n": [50]})
    >>> len(draw_calibration(curve, bins, {"m": "a model"}).axes)
    1
    """
    words = (
        "Observed share against forecast probability; a calibrated forecast follows the diagonal. Panels: "
        + "; ".join(labels.values())
    )
    three = len(labels) == 3
    seen = pd.concat([curve.loc[curve["contender"].isin(labels)], bins.loc[bins["contender"].isin(labels)]])
    top = min(1.0, 1.06 * float(seen[["forecast", "observed"]].max().max()))
    with style():
        whole, parts = panels("calibration", "Calibration", words + ".", len(labels), 3.3 if three else 3.4)
        drawn = [curve.assign(part="curve"), bins.assign(part="bins")]
        drawn += [] if histogram is None else [histogram.assign(part="histogram")]
        remember(whole, pd.concat([table.loc[table["contender"].isin(labels)] for table in drawn]))
        for k, (panel, (contender, label)) in enumerate(zip(parts, labels.items(), strict=True)):
            mine = curve.loc[curve["contender"] == contender]
            line, on_logit = (mine.loc[mine["curve"] == kind] for kind in (SMOOTH, ON_LOGIT))
            dots = bins.loc[bins["contender"] == contender].dropna(subset=["forecast", "observed"])
            colour = PALETTE[k % len(PALETTE)]
            panel.plot([0, top], [0, top], color=SOFT, linewidth=1, linestyle=(0, (4, 3)), label="perfectly calibrated")
            if len(line):
                low, high = _numbers(line, "low", "high")
                panel.fill_between(line["forecast"], low, high, color=colour, alpha=0.18, linewidth=0, label="interval")
                panel.plot(line["forecast"], line["observed"], color=colour, linewidth=2, label="smooth curve")
            if len(on_logit):
                at, observed = on_logit["forecast"], on_logit["observed"]
                panel.plot(at, observed, color=INK, linewidth=1.2, linestyle=DASHES[1], label="spline of log-odds")
            panel.plot(
                dots["forecast"],
                dots["observed"],
                "o",
                color=colour,
                markersize=5,
                markeredgecolor="white",
                label="bins of people",
            )
            _at_the_foot(panel, histogram, contender, top)
            panel.set_title("\n".join(textwrap.wrap(label, 25 if three else 38)), fontsize=9)
            panel.set(xlim=(0, top), ylim=(0, top), xlabel="Forecast probability", ylabel="Observed share")
            panel.set_aspect("equal")
        handles, names = parts[0].get_legend_handles_labels()
        whole.legend(handles, names, loc="outside lower center", ncols=3)
    return whole


def _at_the_foot(panel: "Axes", histogram: pd.DataFrame | None, contender: str, top: float) -> None:
    """Draw how many forecasts there are as bars at the foot of a panel, the tallest a sixth of its height."""
    if histogram is None or not (histogram["contender"] == contender).any():
        return
    low, high, n = _numbers(histogram.loc[histogram["contender"] == contender], "low", "high", "n")
    height = np.nan_to_num(n) / max(np.nanmax(n, initial=0), 1) * top / 6
    panel.bar(low, height, high - low, align="edge", color=GREY, alpha=0.45, linewidth=0, label="how many forecasts")


def draw_decision(curve: pd.DataFrame, labels: Mapping[str, str]) -> "Figure":
    """Return net benefit against the threshold from which one would act.

    Parameters
    ----------
    curve : DataFrame
        contender, threshold, net_benefit, low, high; "treat all" and "treat none" are drawn in grey.
    labels : mapping of str to str
        The contenders to draw, with their words; the first one gets its band.

    Examples
    --------
    >>> curve = pd.DataFrame({"contender": "m", "threshold": [0.1, 0.2], "net_benefit": [0.03, 0.02]})
    >>> curve = curve.assign(low=0.01, high=0.04)
    >>> len(draw_decision(curve, {"m": "a model"}).axes[0].lines)
    1
    """
    words = "Net benefit by threshold; higher is better, zero is acting for nobody. Lines: " + "; ".join(
        labels.values()
    )
    by_contender = {name: rows.sort_values("threshold") for name, rows in curve.groupby("contender")}
    with style():
        whole, axes = figure("decision", "Decision curves", words + ".", 3.4)
        remember(whole, curve.loc[curve["contender"].isin([*labels, *ACTING])])
        for name, dash in ACTING.items():
            if name in by_contender:
                words = name.replace("treat", "act for")
                axes.plot(*_benefit(by_contender[name]), color=GREY, linewidth=1.4, linestyle=dash, label=words)
        for k, (name, label) in enumerate(labels.items()):
            line, colour = by_contender[name], PALETTE[k % len(PALETTE)]
            if k == 0:
                low, high = _numbers(line, "low", "high")
                axes.fill_between(line["threshold"], low, high, color=colour, alpha=0.15, linewidth=0)
            words = "\n".join(textwrap.wrap(label, 52))
            axes.plot(*_benefit(line), color=colour, linewidth=2, marker=_marker(k, line), markersize=4.5, label=words)
        best = float(curve["net_benefit"].max())
        axes.set_ylim(-0.35 * best, 1.15 * best)  # acting for everyone falls without end
        axes.set(xlabel="Threshold: forecast probability from which one would act", ylabel="Net benefit")
        axes.xaxis.set_major_formatter(lambda x, _: f"{100 * x:.0f} %")
        whole.legend(loc="outside upper left", ncols=2, handlelength=2.4)
    return whole


def draw_room(table: pd.DataFrame, columns: Sequence[str]) -> "Figure":
    """Return share picked and false negative rate of each group against room, two panels per audit column.

    Parameters
    ----------
    table : DataFrame
        column, group, at (room, as a share of all rows), share_picked, false_negative_rate.
    columns : sequence of str
        The audit columns to draw.

    Examples
    --------
    >>> table = pd.DataFrame({"column": "sex", "group": ["f", "m"], "at": 0.1, "share_picked": [0.1, 0.2]})
    >>> len(draw_room(table.assign(false_negative_rate=0.6), ["sex"]).axes)
    2
    """
    sides = {"share_picked": "Share of the group picked", "false_negative_rate": "False negative rate"}
    plain = [column.replace("_", " ") for column in columns]
    words = f"Share picked and false negative rate by room, for groups by {' and by '.join(plain)}."
    with style():
        whole, parts = panels("groups", "Who is picked, by room", words, 2 * len(columns), 2.4)
        remember(whole, table.loc[table["column"].isin(columns)])
        for panel, (column, measure) in zip(parts, ((c, m) for c in columns for m in sides), strict=True):
            mine = table.loc[table["column"] == column]
            for k, (group, line) in enumerate(mine.groupby("group")):
                x, y = _numbers(line.sort_values("at"), "at", measure)
                colour, words = PALETTE[k % len(PALETTE)], wrapped(str(group), 26)
                panel.plot(x, y, color=colour, marker="oDs^v"[k % 5], markersize=3, linewidth=1.4, label=words)
            panel.set(xlim=(0, 1), ylim=(0, 1), xlabel="Room, as a share of questionnaires", ylabel=sides[measure])
            panel.set_title(column.replace("_", " "), fontsize=9)
            panel.legend(fontsize=7.5)
    return whole


def _benefit(line: pd.DataFrame) -> list[np.ndarray]:
    return _numbers(line, "threshold", "net_benefit")


def _marker(k: int, line: pd.DataFrame) -> str | None:
    """Return the sign on the points of the k-th line, if these are so few that each can be seen."""
    return ("o", "D", "s", "^", "v")[k % 5] if len(line) < 15 else None


def draw_dependence(table: pd.DataFrame, items: Sequence[str]) -> "Figure":
    """Return the mean contribution by answer level, answers in their order, one panel per item.

    Parameters
    ----------
    table : DataFrame
        item, label, level, answer, contribution, low, high; levels without a number leave a gap.
    items : sequence of str
        The items to draw, in order.

    Examples
    --------
    >>> table = pd.DataFrame({"item": "cw11", "label": "Belief", "level": [0, 1], "answer": ["no", "yes"],
    ...                       "contribution": [-0.5, 0.9], "low": [-0.6, 0.7], "high": [-0.4, 1.1]})
    >>> len(draw_dependence(table, ["cw11"]).axes)
    1
    """
    shown = table.loc[table["item"].isin(items)]
    words = "Mean contribution to the log-odds by answer, for " + "; ".join(dict.fromkeys(shown["label"]))
    with style():
        whole, parts = panels("dependence", "Dependence on the answer", words + ".", len(items), 2.4, sharey=True)
        remember(whole, shown)
        for panel, item in zip(parts, items, strict=True):
            rows = shown.loc[shown["item"] == item].sort_values("level")
            places = np.arange(len(rows))
            centre, low, high = _numbers(rows, "contribution", "low", "high")
            panel.axhline(0, color=SOFT, linewidth=0.9)
            panel.vlines(places, low, high, color=TEAL, linewidth=2, alpha=0.55)
            panel.plot(places, centre, "o-", color=TEAL, linewidth=1.4, markersize=5.5, markeredgecolor="white")
            panel.set_xticks(places, [wrapped(answer, 13, lines=3) for answer in rows["answer"]], fontsize=7.5)
            panel.set_xlim(-0.5, max(len(rows) - 0.5, 0.5))
            panel.grid(visible=False, axis="x")
            panel.set_title(wrapped(rows["label"].iloc[0], 46), fontsize=8.5)
            spec = panel.get_subplotspec()
            if spec and spec.is_first_col():
                panel.set_ylabel("Contribution, log-odds")
    return whole


# --- shared --------------------------------------------------------------------------------


def _numbers(table: pd.DataFrame, *columns: str) -> list[np.ndarray]:
    """Return columns as plain numbers, gaps as NaN."""
    return [table[column].to_numpy("float64", na_value=np.nan) for column in columns]


def wrapped(words: str, width: int, lines: int = 2) -> str:
    """Return `words` on at most `lines` lines, shortened if they must be."""
    return "\n".join(textwrap.wrap(words, width, max_lines=lines, placeholder=" …"))


def _listed(names: pd.Series, values: pd.Series, digits: int) -> str:
    """Return what a figure shows as a sentence, for a screen reader."""
    return "; ".join(f"{name}: {number(x, digits)}" for name, x in zip(names, values, strict=True)) + "."
