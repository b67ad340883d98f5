"""A table in, a figure out; the only door to matplotlib."""

import hashlib
import io
import re
import textwrap
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

import numpy as np
import pandas as pd

from eriq.pages import interval, number

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Figure

INK, SOFT, LINE, GRID = "#23282d", "#5a6068", "#b9b2a4", "#ece7dd"
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
WIDTH = 7.6  # inches
FONTS = "'Source Sans 3','Segoe UI','Helvetica Neue','Noto Sans','DejaVu Sans',sans-serif"
# The space for text is measured with the one font that comes with matplotlib and is wider than those above.
_STYLE = {
    "font.family": ["DejaVu Sans"],
    "font.size": 9,
    "axes.edgecolor": LINE,
    "axes.labelcolor": INK,
    "axes.labelsize": 9,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "text.color": INK,
    "text.parse_math": False,  # a dollar sign in a label is a dollar sign
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "svg.fonttype": "none",
    "svg.hashsalt": "eriq",
}


def draw_flow(flow: pd.DataFrame, *, name: str = "flow") -> "Figure":
    """Return bars of how many questionnaires were read, left out for each reason, and kept.

    Parameters
    ----------
    flow : DataFrame
        reason, rows, kind ("all", "out" or "in"), in the order to be drawn; missing counts are left out, because
        the length of a bar would tell them.
    name : str
        Unique on the page.

    Examples
    --------
    >>> figure = draw_flow(pd.DataFrame({"reason": ["read", "in"], "rows": [9, 9], "kind": ["all", "in"]}))
    >>> figure.get_gid()
    'flow'
    """
    shown = flow.dropna(subset=["rows"])
    colours = shown["kind"].map({"all": GREY, "out": AMBER, "in": TEAL}).tolist()
    with _style():
        figure, axes = _figure(
            name, "Who is in and who was left out", _listed(shown, "reason", "rows", 0), 0.5 + 0.34 * len(shown)
        )
        places = np.arange(len(shown))
        axes.barh(places, shown["rows"], color=colours, height=0.62)
        _row_labels(axes, shown["reason"], 46)
        for place, rows in zip(places, shown["rows"], strict=True):
            axes.annotate(number(rows, 0), (rows, place), (4, 0), textcoords="offset points", va="center", fontsize=8.5)
        axes.set_xlim(0, shown["rows"].max() * 1.1)
        axes.set_xlabel("Questionnaires")
        axes.xaxis.set_major_formatter(lambda x, _: number(x, 0))
    return figure


def draw_intervals(
    table: pd.DataFrame,
    *,
    name: str,
    title: str,
    axis: str,
    lines: Mapping[str, float] | None = None,
    bars: bool = False,
    digits: int = 3,
    legend: str = "kind",
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
    digits : int
        Decimals of the numbers beside the rows.
    legend : {"kind", "none"}
        Whether kinds are explained above the rows.

    Examples
    --------
    >>> table = pd.DataFrame({"label": ["register"], "estimate": [0.64], "low": [0.62], "high": [0.66]})
    >>> len(draw_intervals(table, name="auc", title="Discrimination", axis="AUC").axes)
    1
    """
    table = table.reset_index(drop=True)
    kinds = table["kind"] if "kind" in table else pd.Series("model", index=table.index)
    groups = table["group"] if "group" in table else pd.Series("", index=table.index)
    places, headings = _places(groups)
    known = list(dict.fromkeys(kinds))
    marks = {kind: MARKS.get(kind, (PALETTE[k % len(PALETTE)], "o")) for k, kind in enumerate(known)}
    with _style():
        from matplotlib.lines import Line2D

        height = 0.95 + 0.36 * (places[-1] + 1) + 0.1 * sum(len(str(x)) > 44 for x in table["label"])
        figure, axes = _figure(name, title, _listed(table, "label", "estimate", digits), height)
        looks = dict(zip(lines or {}, DASHES, strict=False))
        for words, x in (lines or {}).items():
            axes.axvline(x, color=INK, linewidth=1.1, linestyle=looks[words])
        numbers = table[["estimate", "low", "high"]].to_numpy("float64", na_value=np.nan)
        for place, kind, (estimate, low, high) in zip(places, kinds, numbers, strict=True):
            colour, shape = marks[kind]
            words = number(estimate, digits)
            if bars:
                axes.barh(place, estimate, height=0.62, color=colour, alpha=0.85)
            if np.isfinite([low, high]).all():
                words += f"  ({interval(low, high, digits)})"
                look = {"color": INK, "linewidth": 1.3} if bars else {"color": colour, "linewidth": 2}
                axes.plot([low, high], [place, place], solid_capstyle="round", **look)
            if not bars:
                axes.plot(estimate, place, shape, color=colour, markersize=6.5, markeredgecolor="white")
            axes.text(1.015, place, words, transform=axes.get_yaxis_transform(), va="center", fontsize=8.5)
        axes.set_yticks(places, [_wrapped(label, 44) for label in table["label"]])
        axes.set_ylim(max(places) + 0.7, -0.7)
        for place, heading in headings:
            axes.text(
                -0.01, place, heading, transform=axes.get_yaxis_transform(), ha="right", va="center", weight="bold"
            )
        axes.tick_params(axis="y", length=0)
        axes.grid(visible=False, axis="y")
        axes.set_xlabel(axis)
        if bars:
            axes.set_xlim(left=min(0.0, float(table[["estimate", "low"]].min().min())))
        handles = [
            Line2D([], [], color=INK, linewidth=1.1, linestyle=dash, label=words) for words, dash in looks.items()
        ]
        if len(known) > 1 and legend == "kind":
            handles = [
                Line2D([], [], linestyle="", marker=m, color=c, markersize=6.5, label=k) for k, (c, m) in marks.items()
            ] + handles
        if handles:
            figure.legend(handles=handles, loc="outside upper left", ncols=3, handletextpad=0.5, columnspacing=1.6)
    return figure


def draw_calibration(
    curve: pd.DataFrame, bins: pd.DataFrame, labels: Mapping[str, str], *, name: str = "calibration"
) -> "Figure":
    """Return observed share against forecast, one panel for each contender of `labels`.

    Parameters
    ----------
    curve : DataFrame
        contender, forecast, observed, low, high: the smooth curve and its band.
    bins : DataFrame
        contender, forecast, observed, n: equally filled bins; rows without numbers are left out.
    labels : mapping of str to str
        The contenders to draw, with their words.

    Examples
    --------
    >>> curve = pd.DataFrame({"contender": "m", "forecast": [0.1, 0.3], "observed": [0.1, 0.2]}).assign(low=0, high=0.4)
    >>> bins = pd.DataFrame({"contender": ["m"], "forecast": [0.2], "observed": [0.2], "n": [50]})
    >>> len(draw_calibration(curve, bins, {"m": "a model"}).axes)
    1
    """
    with _style():
        words = (
            "Observed share against forecast probability; a calibrated forecast follows the diagonal. Panels: "
            + "; ".join(labels.values())
        )
        figure, panels = _panels(name, "Calibration", words + ".", len(labels), 3.0 if len(labels) == 3 else 3.6)
        seen = pd.concat([curve.loc[curve["contender"].isin(labels)], bins.loc[bins["contender"].isin(labels)]])
        top = min(1.0, 1.06 * float(seen[["forecast", "observed"]].max().max()))
        for k, (panel, (contender, label)) in enumerate(zip(panels, labels.items(), strict=True)):
            line = curve.loc[curve["contender"] == contender]
            dots = bins.loc[bins["contender"] == contender].dropna(subset=["forecast", "observed"])
            colour = PALETTE[k % len(PALETTE)]
            panel.plot([0, top], [0, top], color=SOFT, linewidth=1, linestyle=(0, (4, 3)), label="perfectly calibrated")
            if len(line):
                low, high = (line[c].to_numpy("float64", na_value=np.nan) for c in ("low", "high"))
                panel.fill_between(line["forecast"], low, high, color=colour, alpha=0.18, linewidth=0, label="interval")
                panel.plot(line["forecast"], line["observed"], color=colour, linewidth=2, label="smooth curve")
            panel.plot(
                dots["forecast"],
                dots["observed"],
                "o",
                color=colour,
                markersize=5,
                markeredgecolor="white",
                label="bins of people",
            )
            panel.set_title("\n".join(textwrap.wrap(label, 25 if len(labels) == 3 else 38)), fontsize=9)
            panel.set(xlim=(0, top), ylim=(0, top), xlabel="Forecast probability", ylabel="Observed share")
            panel.set_aspect("equal")
        handles, names = panels[0].get_legend_handles_labels()
        figure.legend(handles, names, loc="outside lower center", ncols=4)
    return figure


def draw_decision(curve: pd.DataFrame, labels: Mapping[str, str], *, name: str = "decision") -> "Figure":
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
    grey = {"treat all": (0, (5, 2)), "treat none": (0, (1, 1.5))}
    with _style():
        words = "Net benefit by threshold; higher is better, zero is acting for nobody. Lines: " + "; ".join(
            labels.values()
        )
        figure, axes = _figure(name, "Decision curves", words + ".", 3.9)
        best = float(curve["net_benefit"].max())
        for contender, dash in grey.items():
            line = curve.loc[curve["contender"] == contender].sort_values("threshold")
            if len(line):
                axes.plot(
                    line["threshold"],
                    line["net_benefit"],
                    color=GREY,
                    linewidth=1.4,
                    linestyle=dash,
                    label=contender.replace("treat", "act for"),
                )
        for k, (contender, label) in enumerate(labels.items()):
            line = curve.loc[curve["contender"] == contender].sort_values("threshold")
            colour = PALETTE[k % len(PALETTE)]
            if k == 0:
                low, high = (line[c].to_numpy("float64", na_value=np.nan) for c in ("low", "high"))
                axes.fill_between(line["threshold"], low, high, color=colour, alpha=0.15, linewidth=0)
            marker = ("o", "D", "s", "^", "v")[k % 5] if len(line) < 15 else None
            axes.plot(
                line["threshold"],
                line["net_benefit"],
                color=colour,
                linewidth=2,
                marker=marker,
                markersize=4.5,
                label="\n".join(textwrap.wrap(label, 52)),
            )
        axes.set_ylim(-0.35 * best, 1.15 * best)  # acting for everyone falls without end
        axes.set(xlabel="Threshold: forecast probability from which one would act", ylabel="Net benefit")
        axes.xaxis.set_major_formatter(lambda x, _: f"{100 * x:.0f} %")
        figure.legend(loc="outside upper left", ncols=2, handlelength=2.4)
    return figure


def draw_dependence(table: pd.DataFrame, items: Sequence[str], *, name: str = "dependence") -> "Figure":
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
    with _style():
        shown = table.loc[table["item"].isin(items)]
        words = "Mean contribution to the log-odds by answer, for " + "; ".join(dict.fromkeys(shown["label"]))
        figure, panels = _panels(name, "Dependence on the answer", words + ".", len(items), 2.75, sharey=True)
        for panel, item in zip(panels, items, strict=True):
            rows = shown.loc[shown["item"] == item].sort_values("level")
            places = np.arange(len(rows))
            centre, low, high = (rows[c].to_numpy("float64", na_value=np.nan) for c in ("contribution", "low", "high"))
            panel.axhline(0, color=SOFT, linewidth=0.9)
            panel.vlines(places, low, high, color=TEAL, linewidth=2, alpha=0.55)
            panel.plot(places, centre, "o-", color=TEAL, linewidth=1.4, markersize=5.5, markeredgecolor="white")
            panel.set_xticks(places, [_wrapped(answer, 13, lines=3) for answer in rows["answer"]], fontsize=7.5)
            panel.set_xlim(-0.5, max(len(rows) - 0.5, 0.5))
            panel.grid(visible=False, axis="x")
            panel.set_title(_wrapped(rows["label"].iloc[0], 46), fontsize=8.5)
            if panel.get_subplotspec().is_first_col():
                panel.set_ylabel("Contribution, log-odds")
    return figure


# --- out -----------------------------------------------------------------------------------


def as_svg(figure: "Figure") -> str:
    """Return a figure to put into a page: text stays text, ids are its own, title and description are read aloud.

    Examples
    --------
    >>> flow = pd.DataFrame({"reason": ["read"], "rows": [9], "kind": ["all"]})
    >>> svg = as_svg(draw_flow(flow))
    >>> svg.startswith("<svg"), "<title" in svg, "<image" in svg
    (True, True, False)
    """
    buffer = io.StringIO()
    with _style():
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"\s*<metadata>.*?</metadata>", "", svg, count=1, flags=re.DOTALL)
    svg = svg.replace("xlink:href", "href").replace(' xmlns:xlink="http://www.w3.org/1999/xlink"', "")
    svg = re.sub(r"(font(?:-family)?:[^;\"]*?)'DejaVu Sans'[^;\"]*", rf"\g<1>{FONTS}", svg)
    own = figure.get_gid() or f"figure-{hashlib.sha256(svg.encode()).hexdigest()[:8]}"
    # Every figure numbers its parts from one, so several on a page would share ids.
    svg = re.sub(r' id="([^"]+)"', rf' id="{own}-\1"', svg)
    svg = re.sub(r"url\(#([^)]+)\)", rf"url(#{own}-\1)", svg)
    svg = re.sub(r' href="#([^"]+)"', rf' href="#{own}-\1"', svg)
    title, words = escape(str(figure.get_label())), escape(getattr(figure, "description", ""))
    head = f'<svg role="img" aria-labelledby="{own}-title {own}-words"'
    names = f'<title id="{own}-title">{title}</title>\n<desc id="{own}-words">{words}</desc>'
    return re.sub(r"<svg([^>]*)>", lambda m: f"{head}{m[1]}>\n{names}", svg, count=1).strip()


def as_png(figure: "Figure") -> bytes:
    """Return a figure as PNG at 150 dots per inch, for places that cannot show SVG.

    >>> flow = pd.DataFrame({"reason": ["read"], "rows": [9], "kind": ["all"]})
    >>> as_png(draw_flow(flow))[1:4]
    b'PNG'
    """
    buffer = io.BytesIO()
    with _style():
        figure.savefig(buffer, format="png", dpi=150, facecolor="white", metadata={"Software": None})
    return buffer.getvalue()


# --- shared --------------------------------------------------------------------------------


def _style() -> AbstractContextManager[Any]:
    import matplotlib

    return matplotlib.rc_context(_STYLE)


def _figure(name: str, title: str, words: str, height: float) -> tuple[Any, Any]:
    """Return an empty figure with one pair of axes; its label and description are for who cannot see it."""
    figure, panels = _panels(name, title, words, 1, height)
    return figure, panels[0]


def _panels(name: str, title: str, words: str, n: int, height: float, **shared: Any) -> tuple[Any, list[Any]]:
    """Return a figure with `n` panels: up to three beside each other, more in two columns."""
    from matplotlib.figure import Figure

    columns = n if n <= 3 else 2
    rows = -(-n // columns)
    figure: Any = Figure(figsize=(WIDTH, height * rows), layout="constrained")
    figure.set_gid(name)
    figure.set_label(title)
    figure.description = words
    grid = figure.subplots(rows, columns, squeeze=False, **shared).ravel()
    for spare in grid[n:]:
        spare.remove()
    return figure, list(grid[:n])


def _places(groups: pd.Series) -> tuple[list[float], list[tuple[float, str]]]:
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


def _row_labels(axes: Any, labels: pd.Series, width: int) -> None:
    axes.set_yticks(np.arange(len(labels)), [_wrapped(label, width) for label in labels])
    axes.invert_yaxis()
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")


def _wrapped(text: Any, width: int, lines: int = 2) -> str:
    """Return `text` on at most `lines` lines, shortened if it must be."""
    return "\n".join(textwrap.wrap(str(text), width, max_lines=lines, placeholder=" …"))


def _listed(table: pd.DataFrame, label: str, value: str, digits: int) -> str:
    """Return what a figure shows as a sentence, for a screen reader."""
    return "; ".join(f"{name}: {number(x, digits)}" for name, x in zip(table[label], table[value], strict=True)) + "."
