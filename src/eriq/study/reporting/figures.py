"""Which figures the findings allow, and what is drawn in each."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd

from eriq.pages import percent
from eriq.study.reporting import drawing, pictures
from eriq.study.reporting.entry import draw_entry
from eriq.study.reporting.findings import Findings, besides, flow, in_detail, leading
from eriq.study.reporting.first import NAMES, list_figure, list_name
from eriq.study.reporting.groups import columns_drawn
from eriq.study.reporting.shapes import ranked
from eriq.study.reporting.words import kind_words
from eriq.study.words import block_words
from eriq.tables.people import NO_ITEM

if TYPE_CHECKING:
    from eriq.study.reporting.canvas import Figure

TOP_ITEMS, TOP_DRAWN, TOP_CALIBRATED, TOP_DECISIONS = 12, 6, 4, 5


Makers = Mapping[str, Callable[[Findings], "Figure | None"]]


def figures_of(found: Findings, names: Sequence[str] | None = None) -> "dict[str, Figure]":
    """Return every figure that these findings allow, by name, or those of some names.

    Returns
    -------
    dict of str to Figure
        list-en, list-sv, list-da, flow, entry_curve, answers, auc, decomposition, calibration, roc, decision, groups,
        by_fold, importance, parts, dependence; a figure whose table is absent is left out.
    """
    made = {name: MAKERS[name](found) for name in (MAKERS if names is None else names)}
    return {name: drawn for name, drawn in made.items() if drawn is not None}


def _auc(found: Findings) -> "Figure":
    measures, facts = found.tables["measures"], found.facts
    auc = measures.loc[measures["measure"] == "auc"].set_index("contender")
    names = leading(found)
    kinds = found.tables["contenders"].set_index("contender")["estimator"].map(kind_words)
    rows = auc.loc[names, ["estimate", "low", "high"]].assign(
        label=[found.labels[n] for n in names], kind=[kinds[n] for n in names]
    )
    lines = {}
    if facts.baseline in auc.index:
        words = "register only (baseline)" if "register" in facts.baseline else "baseline"
        lines[words] = float(auc["estimate"][facts.baseline])
    if "oracle" in found.tables:
        lines["true probabilities of the made-up people"] = float(found.tables["oracle"]["oracle_auc"].iloc[0])
    axis = f"AUC{f', {facts.auc},' if facts.auc else ','} with {percent(facts.level, 0)} interval"
    return drawing.draw_intervals(rows, name="auc", title="Discrimination of the contenders", axis=axis, lines=lines)


def _decomposition(found: Findings) -> "Figure | None":
    table = found.tables.get("decomposition")
    if table is None or not (table["measure"] == "auc").any():
        return None
    shares = table.loc[table["measure"] == "auc"].assign(label=table["block"].map(block_words))
    return drawing.draw_intervals(
        shares.sort_values("estimate", ascending=False),
        name="decomposition",
        title="What each block adds to the AUC, whatever the order of adding",
        axis="Share of the AUC above 0.5 (Shapley value)",
        bars=True,
    )


def _calibration(found: Findings) -> "Figure | None":
    curve = found.tables.get("calibration_curve")
    names = _drawn(curve, besides(found, "calibration_curve") | in_detail(found), TOP_CALIBRATED)
    if curve is None or not names:
        return None
    bins = found.tables.get("calibration_bins", pd.DataFrame(columns=["contender", "forecast", "observed", "n"]))
    return drawing.draw_calibration(curve, bins, names, found.tables.get("histogram"))


def _roc(found: Findings) -> "Figure | None":
    """Return the two curves of the declared pair, and of the chosen contender where it is another."""
    table = found.tables.get("roc")
    names = _drawn(table, in_detail(found), TOP_CALIBRATED)
    return pictures.draw_roc(table, names, found.facts.prevalence) if table is not None and names else None


def _by_fold(found: Findings) -> "Figure | None":
    """Return the declared difference in each period and centre, and beneath centres their mean and a further one."""
    table = found.tables.get("by_fold")
    if table is None or not table["baseline"].notna().any():
        return None
    rows = table.loc[table["baseline"].notna() & table["estimate"].notna()].rename(columns={"fold": "label"})
    parts = [rows.assign(kind="each")]
    if "heterogeneity" in found.tables:
        over = found.tables["heterogeneity"].loc[lambda t: t["baseline"].notna()]
        further = over.assign(low=over["prediction_low"], high=over["prediction_high"])
        parts += [
            over.assign(label="mean", kind="over centres"),
            further.assign(label="a further centre", kind="over centres"),
        ]
    whole = pd.concat(parts, ignore_index=True).sort_values("design", kind="stable")
    return drawing.draw_intervals(
        whole.assign(group=whole["design"].str.replace("_", " ").str.capitalize()),
        name="by_fold",
        title="The declared difference by period and centre",
        axis=f"Difference in AUC, with {percent(found.facts.level, 0)} interval",
        lines={"no difference": 0.0},
        legend=False,
    )


def _decision(found: Findings) -> "Figure | None":
    curve = found.tables.get("decision_curve")
    names = _drawn(curve, in_detail(found), TOP_DECISIONS)
    return drawing.draw_decision(curve, names) if curve is not None and names else None


def _drawn(curve: pd.DataFrame | None, wanted: Mapping[str, str], most: int) -> dict[str, str]:
    """Return the first of the contenders wanted that have a curve, with their words."""
    there = set() if curve is None else set(curve["contender"])
    return dict([(name, words) for name, words in wanted.items() if name in there][:most])


def _groups(found: Findings) -> "Figure | None":
    """Return who is picked and who is missed, by how much room there is, of two columns."""
    room = found.tables.get("group_capacity")
    columns = [] if room is None else columns_drawn(room)
    return drawing.draw_room(room, columns) if room is not None and columns else None


# --- importance ----------------------------------------------------------------------------

AXIS = "Mean absolute contribution to the log-odds"


def _importance(found: Findings) -> "Figure | None":
    """Return the importance of the first items, those that can change apart from those that cannot."""
    if "importance" not in found.tables:
        return None
    items = ranked(found.tables["importance"], "item").head(TOP_ITEMS).rename(columns={"value": "estimate"})
    if items.empty:
        return None
    if items["malleable"].notna().any():
        group = items["malleable"].map({True: "Changeable", False: "Not changeable"}).fillna("Not stated")
        top = items["estimate"].groupby(group).transform("max")
        items = items.assign(group=group, kind=group, top=top).sort_values("top", ascending=False, kind="stable")
    return drawing.draw_intervals(
        items, name="importance", title="Importance by item", axis=AXIS, bars=True, legend=False
    )


def _parts(found: Findings) -> "Figure | None":
    """Return the importance of indicators with both voices, of respondents and of blocks."""
    if "importance" not in found.tables:
        return None
    headings = {"indicator": "By indicator, both voices", "respondent": "By respondent", "block": "By block of columns"}
    whole = found.tables["importance"]
    whole = whole.loc[~whole["name"].astype("str").str.startswith(NO_ITEM)]
    parts = [ranked(whole, level).assign(group=words) for level, words in headings.items()]
    both = pd.concat([part for part in parts if len(part)] or parts)
    if both.empty:
        return None
    both = both.rename(columns={"value": "estimate"}).drop(columns="malleable")
    title = "Importance by indicator, by respondent and by block"
    return drawing.draw_intervals(both, name="parts", title=title, axis=AXIS, bars=True)


def _dependence(found: Findings) -> "Figure | None":
    table, importance = found.tables.get("dependence"), found.tables.get("importance")
    if table is None or importance is None:
        return None
    known = set(table["item"])
    items = [item for item in ranked(importance, "item")["name"] if item in known][:TOP_DRAWN]
    return drawing.draw_dependence(table, items) if items else None


def _flow(found: Findings) -> "Figure":
    return drawing.draw_flow(flow(found))


def _entry(found: Findings) -> "Figure | None":
    return draw_entry(found.tables["entry_curve"]) if "entry_curve" in found.tables else None


def _answers(found: Findings) -> "Figure | None":
    return pictures.draw_answers(found.tables["answers"]) if "answers" in found.tables else None


MAKERS: Makers = {
    **{list_name(language): partial(list_figure, language=language) for language in NAMES},
    "flow": _flow,
    "entry_curve": _entry,
    "answers": _answers,
    "auc": _auc,
    "decomposition": _decomposition,
    "calibration": _calibration,
    "roc": _roc,
    "decision": _decision,
    "by_fold": _by_fold,
    "groups": _groups,
    "importance": _importance,
    "parts": _parts,
    "dependence": _dependence,
}  # in the order of the report
