"""Who the people are: a Table 1 by outcome and by job centre."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from eriq.config import Experiment, Groups
from eriq.disclosure import min_people
from eriq.features import Feature
from eriq.study.design.design import Design
from eriq.study.design.study import Study
from eriq.study.groups.columns import BETWEEN, UNKNOWN, group_labels
from eriq.tables.people import ALL, WITH_OUTCOME, WITHOUT_OUTCOME
from eriq.tables.results import Results, as_result

CENTRE = "job_centre"
MOST_CENTRES = 12  # columns that a table can still hold
KEYS = ["column", "group"]


def who(study: Study, experiment: Experiment) -> Results:
    """Return who is in the comparison: who, who_by_centre, who_numbers.

    Groups are those of the audit, numbers those of registers and forms that are no health or justice fact and are
    not protected. Rows whose outcome is not known do not count; those with weights count once.

    Parameters
    ----------
    study : Study
    experiment : Experiment

    Returns
    -------
    mapping of str to DataFrame
        Those that hold something.
    """
    design = study.judged
    plan = (experiment.groups or Groups()).model_copy(update={"intersections": ()})
    labels = group_labels(design.rows, plan)
    centre = labels[CENTRE] if CENTRE in labels and labels[CENTRE].nunique() <= MOST_CENTRES else None
    parts = [_counted(labels[name], design, str(name)) for name in labels]
    made = {"who": pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()}
    if centre is not None and len(labels.columns) > 1:
        others = [name for name in labels if name != CENTRE]
        made["who_by_centre"] = pd.concat([_crossed(labels[name], centre, design) for name in others])
    made["who_numbers"] = pd.DataFrame(_numbers(study.features, design, centre))
    return {name: as_result(name, table) for name, table in made.items() if len(table)}


def _counted(groups: pd.Series, design: Design, column: str) -> pd.DataFrame:
    """Return rows and people of each group of a column, with the outcome and without it."""
    happened = design.outcome == 1
    frame = pd.DataFrame({"group": groups.to_numpy(), "client": design.client, "happened": happened})
    by = frame.groupby("group", sort=True)
    people = {
        name: frame[rows].groupby("group")["client"].nunique()
        for name, rows in (("people", slice(None)), ("people_with", happened), ("people_without", ~happened))
    }
    table = pd.DataFrame({**people, "rows": by.size(), "events": by["happened"].sum()}).fillna(0)
    few = (table.index == UNKNOWN) & (table[["people_with", "people_without"]].min(axis=1) < min_people())
    return table[~few].reset_index(names="group").assign(column=column)


def _crossed(groups: pd.Series, centre: pd.Series, design: Design) -> pd.DataFrame:
    """Return rows and people of each group in each job centre; the name of the column says that two are crossed."""
    frame = pd.DataFrame({"group": groups.to_numpy(), "centre": centre.to_numpy(), "client": design.client})
    table = frame.groupby(["group", "centre"])["client"].agg(people="nunique", rows="size")
    cells = pd.MultiIndex.from_product([sorted(set(frame[name])) for name in ("group", "centre")])
    whole = table.reindex(cells.set_names(["group", "centre"]), fill_value=0)
    return whole.reset_index().assign(column=f"{groups.name}{BETWEEN}{CENTRE}")


def _numbers(features: tuple[Feature, ...], design: Design, centre: pd.Series | None) -> Iterator[dict[str, object]]:
    """Yield mean and standard deviation of each number, by outcome and by job centre."""
    groups = {WITH_OUTCOME: design.outcome == 1, WITHOUT_OUTCOME: design.outcome == 0, ALL: design.known}
    sides = [("outcome", name, rows) for name, rows in groups.items()]
    if centre is not None:
        sides += [(CENTRE, str(name), (centre == name).to_numpy()) for name in sorted(set(centre) - {UNKNOWN})]
    for feature in features:
        if not feature.recorded or feature.kind != "continuous" or feature.sensitive or feature.protected:
            continue
        value = design.matrix[feature.name].to_numpy("float64")
        known = ~np.isnan(value)
        if not known.any():
            continue
        for by, name, rows in sides:
            some = value[rows & known]
            yield {
                "name": feature.name,
                "label": feature.labels.in_("en"),
                "by": by,
                "group": name,
                "n": len(np.unique(design.client[rows & known])),
                "mean": some.mean() if len(some) else np.nan,
                "sd": some.std(ddof=1) if len(some) > 1 else np.nan,
                "missing": 1 - known[rows].mean() if rows.any() else np.nan,
            }
