"""What is said of groups, in sentences for a report and a card."""

import numpy as np
import pandas as pd

from eriq.config import Experiment
from eriq.study.groups.columns import few_words
from eriq.study.groups.picked import rule_of
from eriq.study.groups.verdicts import SHOWN, VERDICTS
from eriq.tables.results import Results

MOST = 8  # gaps told one by one; the table has all
MEASURES = {
    "auc": "AUC",
    "calibration_in_the_large": "calibration in the large",
    "calibration_slope": "calibration slope",
    "net_benefit": "net benefit",
    "false_negative_rate": "false negative rate",
    "false_positive_rate": "false positive rate",
    "share_picked": "share picked",
    "mean_forecast": "mean forecast",
}


def sentences(tables: Results, experiment: Experiment) -> tuple[str, ...]:
    """Return what is said of groups: who is picked, how many gaps were looked at and found, and each that is shown."""
    if "group_gaps" not in tables or experiment.groups is None:
        return ()
    gaps = tables["group_gaps"]
    counts = gaps["verdict"].value_counts()
    found = ", ".join(f"{counts.get(verdict, 0)} {verdict}" for verdict in VERDICTS)
    columns = few_words(list(dict.fromkeys(gaps["column"])))
    level = f"{100 * experiment.intervals.level:g} %"
    lines = [
        _picked(tables["groups"], experiment),
        f"{len(gaps)} gaps between groups by {columns} were looked at, each group against all others, with {level} "
        f"intervals that hold for all of them together: {found}. Insufficient evidence is no sign of being alike.",
    ]
    shown = gaps[gaps["verdict"] == SHOWN]
    lines += [_gap(row) for _, row in shown.head(MOST).iterrows()]
    if len(shown) > MOST:
        lines.append(f"{len(shown) - MOST} more gaps are shown; the table names them.")
    return tuple(lines)


def _picked(groups: pd.DataFrame, experiment: Experiment) -> str:
    """Return who is picked, and how many of the lowest third of the forecasts would be offered support."""
    plan = experiment.groups
    assert plan is not None
    rule = rule_of(plan, experiment.capacity)
    declared = {"pick", "share", "thresholds"} & plan.model_fields_set
    whose = "Declared" if declared else "Not declared in the config, and taken to be so"
    first = groups[groups["column"] == groups["column"].iloc[0]].dropna(subset=["lowest_third"])
    rows = first["rows"].to_numpy("float64") * first["lowest_third"].to_numpy("float64")
    offered = float(np.average(first["lowest_third_picked"], weights=rows)) if rows.sum() else float("nan")
    case = "had the outcome" if plan.pick == "highest" else "had no outcome"
    return (
        f"{whose}: support is offered to {rule.words}. Of the lowest third of all forecasts {offered:.0%} would be "
        f"offered it. A false negative is a questionnaire that {case} and is not picked."
    ).replace("% would", " % would")


def _gap(row: pd.Series) -> str:
    """Return one gap that is shown, and whether it is surely larger than the tolerance."""
    low, high, tolerance = (float(row[name]) for name in ("gap_low", "gap_high", "tolerance"))
    size = "larger than" if low > tolerance or high < -tolerance else "possibly smaller than"
    measure, column = MEASURES[row["measure"]], row["column"].replace("_", " ")
    return (
        f"Gap shown: {column}, {row['group']}: {measure} differs by {row['gap']:+.3f} ({low:+.3f} to {high:+.3f}), "
        f"{size} the {tolerance:g} declared to be small."
    )
