"""A table in, a figure out: a hundred dots, answers as bars, and the two curves of a ranking."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from eriq.study.reporting.canvas import SOFT, key, panels, remember, style
from eriq.study.reporting.drawing import AMBER, DASHES, GREY, PALETTE, TEAL, name_rows

if TYPE_CHECKING:
    from eriq.study.reporting.canvas import Axes, Figure

EMPTY = "#dcd6c9"  # a dot that is no case
ANSWERS = ("#e3eeed", "#b7d3d1", "#86b3b2", "#4d8a8c", "#1d5c63")  # from the first answer to the last
NO_ANSWER = "#c9a26b"


def draw_dots(lists: pd.DataFrame, name: str, title: str) -> "Figure":
    """Return a hundred dots for each way of filling a list, those filled that stand for cases.

    Parameters
    ----------
    lists : DataFrame
        label, of_100 (a whole number of dots), words (beneath the dots).
    name, title : str
        Identity on the page, and what is seen.

    Examples
    --------
    >>> lists = pd.DataFrame({"label": ["by lot"], "of_100": [7], "words": ["7 of 100"]})
    >>> draw_dots(lists, "list", "On the list").get_gid()
    'list'
    """
    across, down = np.meshgrid(np.arange(10), np.arange(10))
    words = "; ".join(f"{label}: {said}" for label, said in zip(lists["label"], lists["words"], strict=True))
    with style():
        whole, parts = panels(name, title, words + ".", len(lists), 3.0)
        remember(whole, lists[["label", "of_100", "words"]])
        shown = zip(parts, lists["label"], lists["of_100"], lists["words"], strict=True)
        for place, (panel, label, of_100, said) in enumerate(shown):
            full, colour = np.arange(100) < of_100, (TEAL, AMBER, GREY)[place % 3]
            for some, look in ((full, colour), (~full, EMPTY)):
                panel.plot(across.ravel()[some], -down.ravel()[some], "o", color=look, markersize=8.5)
            panel.set(xlim=(-0.7, 9.7), ylim=(-9.7, 0.7), xticks=[], yticks=[])
            panel.set_aspect("equal")
            panel.grid(visible=False)
            for side in panel.spines.values():
                side.set_visible(False)
            panel.set_title("\n".join(_broken(label, 22)), fontsize=12, loc="center")
            panel.set_xlabel(said, fontsize=15, fontweight="bold", color=colour if place < 2 else SOFT)
    return whole


def _broken(words: str, width: int) -> Sequence[str]:
    import textwrap

    return textwrap.wrap(words, width, max_lines=2, placeholder=" …")


def draw_answers(answers: pd.DataFrame) -> "Figure":
    """Return how answers are spread, one bar per question from the first answer to the last, the unanswered behind.

    Parameters
    ----------
    answers : DataFrame
        label, respondent, level (a gap: no answer), share, in the order to be drawn; shares that may not be told
        leave a gap.

    Examples
    --------
    >>> rows = {"item": "a", "label": "Belief", "respondent": "client", "level": [0, 1, None], "share": [0.5, 0.4, 0.1]}
    >>> len(draw_answers(pd.DataFrame(rows)).axes)
    1
    """
    words = "Share of each answer, from the first to the last, and of no answer: "
    items = answers.drop_duplicates("item")
    asked = {str(who): list(mine["item"]) for who, mine in items.groupby("respondent", sort=False)}
    labels = items.set_index("item")["label"].str.replace(r" \((caseworker|client)\)$", "", regex=True)
    rows = max(len(mine) for mine in asked.values())
    with style():
        whole, parts = panels(
            "answers", "How answers are spread", words + "; ".join(labels) + ".", len(asked), 1.1 + 0.2 * rows
        )
        remember(whole, answers)
        for axes, (who, mine) in zip(parts, asked.items(), strict=True):
            for place, item in enumerate(mine):
                _draw_answers_to(axes, place, answers.loc[answers["item"] == item])
            name_rows(axes, labels[mine], list(range(len(mine))), ())
            axes.set(xlim=(0, 1), title=who.capitalize())
            axes.xaxis.set_major_formatter(lambda x, _: f"{100 * x:.0f} %")
        looks = {"first answer": ANSWERS[0], "middle": ANSWERS[2], "last answer": ANSWERS[4], "no answer": NO_ANSWER}
        keys = [key(said, linestyle="", marker="s", color=c, markersize=8) for said, c in looks.items()]
        whole.legend(handles=keys, loc="outside upper left", ncols=4, handletextpad=0.4)
    return whole


def _draw_answers_to(axes: "Axes", place: float, answers: pd.DataFrame) -> None:
    """Draw the shares of one question one after the other, those left unanswered last."""
    given, left = answers.dropna(subset="level").sort_values("level"), answers.loc[answers["level"].isna(), "share"]
    shades = np.linspace(0, len(ANSWERS) - 1, max(len(given), 2)).round().astype(int)
    colours = [ANSWERS[k] for k in shades[: len(given)]] + [NO_ANSWER]
    shares = np.nan_to_num(np.append(given["share"].to_numpy("float64"), left.sum()))
    axes.barh(place, shares, left=np.cumsum(shares) - shares, height=0.72, color=colours)


def draw_roc(cuts: pd.DataFrame, labels: Mapping[str, str], rate: float) -> "Figure":
    """Return two panels: sensitivity against false positives, and precision against sensitivity.

    Parameters
    ----------
    cuts : DataFrame
        contender, false_positive_rate, sensitivity, precision, from the highest cut down.
    labels : mapping of str to str
        The contenders to draw, with their words.
    rate : float
        Share with the outcome: the precision of a list drawn by lot.

    Examples
    --------
    >>> cuts = pd.DataFrame({"contender": "m", "false_positive_rate": [0.1], "sensitivity": [0.5], "precision": [0.4]})
    >>> len(draw_roc(cuts, {"m": "a model"}, 0.1).axes)
    2
    """
    words = "ROC curve, and precision against recall, of " + "; ".join(labels.values()) + "."
    with style():
        whole, (left, right) = panels("roc", "Ranking at every cut", words, 2, 3.3)
        remember(whole, cuts.loc[cuts["contender"].isin(labels)])
        left.plot([0, 1], [0, 1], color=SOFT, linewidth=1, linestyle=DASHES[0])
        right.axhline(rate, color=SOFT, linewidth=1, linestyle=DASHES[0], label="by lot")
        for k, (name, label) in enumerate(labels.items()):
            mine = cuts.loc[cuts["contender"] == name].dropna(subset="sensitivity")
            x, y, p = (mine[c].to_numpy("float64") for c in ("false_positive_rate", "sensitivity", "precision"))
            colour = PALETTE[k % len(PALETTE)]
            look: Any = {"color": colour, "linewidth": 2, "marker": "oDs^v"[k % 5], "markevery": 8, "markersize": 4.5}
            left.plot([0, *x, 1], [0, *y, 1], **look)
            right.plot(y, p, label="\n".join(_broken(label, 40)), **look)
        left.set(xlim=(0, 1), ylim=(0, 1), xlabel="False positive rate", ylabel="Sensitivity (recall)", title="ROC")
        right.set(xlim=(0, 1), ylim=(0, None), xlabel="Recall", ylabel="Precision", title="Precision and recall")
        whole.legend(loc="outside lower center", ncols=3)
    return whole
