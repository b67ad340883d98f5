"""For whom the saved model works: every measure by group, every gap to the rest, and a verdict on each."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from eriq.config import Experiment
from eriq.disclosure import min_people
from eriq.model.calibrator import expit
from eriq.study.evaluation.forecasts import Forecasts
from eriq.study.groups.columns import BETWEEN, UNKNOWN, known_groups
from eriq.study.groups.picked import Rule, picked, rule_of
from eriq.study.groups.sides import PEOPLE, Rows, Side, rows_of, side_of
from eriq.study.groups.simultaneous import Contrast, Family, Gap
from eriq.study.groups.verdicts import FEW, NOT, people_needed, verdict_of
from eriq.tables.results import Results, as_result

WITHOUT_OUTCOMES = ("share_picked", "mean_forecast")
ARM = "arm"  # the column of a declared trial: gaps are also compared between its groups
ROOM = tuple(np.round(np.arange(0.05, 1, 0.05), 2).tolist())  # shares of the picture over capacities


@dataclass(frozen=True, slots=True, eq=False)
class _Member:
    """One gap of the family, or why there is none."""

    column: str
    group: str
    measure: str
    people: int  # in the group
    sides: tuple[Side | None, ...]
    signs: tuple[int, ...] = (1, -1)

    @property
    def contrast(self) -> Contrast | None:
        """The gap, where every side of it can be assessed."""
        whole = tuple(side for side in self.sides if side is not None)
        return made if len(whole) == len(self.sides) and (made := Contrast(whole, self.signs)).varies else None

    @property
    def alone(self) -> Contrast | None:
        """The measure of the group itself."""
        side = self.sides[0] if len(self.sides) == 2 else None
        return made if side is not None and (made := Contrast((side,), (1,))).varies else None


def audit(forecasts: Forecasts, labels: pd.DataFrame, experiment: Experiment, workers: int = 1) -> Results:
    """Return the tables groups, group_gaps and group_capacity of one contender's forecasts.

    A gap is a group less all others of its column: no group is declared to be the normal one, every group has one gap,
    and the smaller one that is looked for stands against most people there are.

    Parameters
    ----------
    forecasts : Forecasts
        Of one contender, out of fold and calibrated on others.
    labels : DataFrame of shape (n_rows, n_columns)
        As `group_labels` makes it, for the same rows.
    experiment : Experiment
        With `groups`; intervals, capacities and seed.
    workers : int
        Threads.

    Returns
    -------
    mapping of str to DataFrame
        None of the tables where no column has two groups.
    """
    plan = experiment.groups
    if plan is None or labels.empty:
        return {}
    rule = rule_of(plan, experiment.capacity)
    log_odds = forecasts.log_odds[:, 0]
    rows = rows_of(forecasts.outcome, log_odds, forecasts.client, rule, forecasts.weights, forecasts.drawn)
    measures = [m for m in plan.gap_tolerance if m != "mean_forecast" and (m, rule.pick) != ("net_benefit", "middle")]
    members = _members(rows, labels, measures, plan.least)
    return {
        "groups": as_result("groups", _counts(rows, labels)),
        "group_gaps": as_result("group_gaps", _judged(members, rule, experiment, workers)),
        "group_capacity": as_result("group_capacity", _over_room(rows, labels, rule, plan.least)),
    }


def audit_scores(
    log_odds: np.ndarray, client: np.ndarray, labels: pd.DataFrame, experiment: Experiment, workers: int = 1
) -> pd.DataFrame:
    """Return group_gaps of scores alone, before outcomes exist: who would be picked, and the mean forecast.

    Parameters
    ----------
    log_odds, client : ndarray of shape (n_rows,)
    labels, experiment, workers
        As in `audit`.
    """
    plan = experiment.groups
    if plan is None or labels.empty:
        return as_result("group_gaps", pd.DataFrame())
    rule = rule_of(plan, experiment.capacity)
    rows = rows_of(np.zeros(len(log_odds)), log_odds, client, rule)
    measures = [m for m in WITHOUT_OUTCOMES if m in plan.gap_tolerance]
    members = _members(rows, labels, measures, plan.least)
    return as_result("group_gaps", _judged(members, rule, experiment, workers))


def _members(rows: Rows, labels: pd.DataFrame, measures: Sequence[str], least: int) -> Iterator[_Member]:
    """Yield every gap of the family: of each group of each column, and between arms."""
    for column in map(str, labels):
        mine = labels[column].to_numpy()
        for group in known_groups(labels[column]):
            parts = (mine == group, (mine != group) & (mine != UNKNOWN))
            yield from _of(rows, (column, group), measures, parts, least)
        first, _, second = column.partition(BETWEEN)
        if second == ARM and {first, ARM} <= set(labels):
            yield from _between_arms(rows, labels[[first, ARM]], measures, least)


def _of(
    rows: Rows, name: tuple[str, str], measures: Sequence[str], parts: Sequence[np.ndarray], least: int
) -> Iterator[_Member]:
    taken = [rows.take(np.flatnonzero(part)) for part in parts]
    signs, people = (1, -1) if len(parts) == 2 else (1, -1, -1, 1), len(np.unique(taken[0].client))
    for measure in measures:
        sides = tuple(side_of(measure, part, rows.clients, least) for part in taken)
        yield _Member(*name, measure, people, sides, signs)


def _between_arms(rows: Rows, pair: pd.DataFrame, measures: Sequence[str], least: int) -> Iterator[_Member]:
    """Yield how far the gap of a group within an arm is larger than its gap in the other arms."""
    (first, one), (_, two) = ((str(name), pair[name]) for name in pair)
    known = ((one != UNKNOWN) & (two != UNKNOWN)).to_numpy()
    for group in _without_mirror(one):
        for arm in _without_mirror(two):
            here, in_arm = (one == group).to_numpy(), (two == arm).to_numpy()
            parts = [known & (here == a) & (in_arm == b) for a, b in ((True, True), (False, True), (True, False))]
            parts.append(known & ~here & ~in_arm)
            yield from _of(
                rows, (first + BETWEEN + ARM, f"gap of {group}: {arm} less elsewhere"), measures, parts, least
            )


def _without_mirror(labels: pd.Series) -> list[str]:
    """Return the groups of a column; of two, the gap of the second is that of the first with the other sign."""
    groups = known_groups(labels)
    return groups[:1] if len(groups) == 2 else groups


def _judged(members: Iterable[_Member], rule: Rule, experiment: Experiment, workers: int) -> pd.DataFrame:
    """Return one row per member with its gap, its interval and the verdict on it."""
    plan, intervals = experiment.groups, experiment.intervals
    assert plan is not None
    # A group that is large enough has numbers of its own, also where the rest is too small to compare it with.
    judged, alone = (
        Family(replicates=intervals.replicates, seed=experiment.seed, level=intervals.level, workers=workers)
        for _ in range(2)
    )
    lines = []
    for m in members:
        contrast = m.contrast
        own = m.alone if contrast is None else None
        gap_at = None if contrast is None else judged.add(contrast)
        own_at = None if own is None else alone.add(own)
        # The sums of all clients are large: none outlives its gap.
        lines.append((replace(m, sides=(None,) * len(m.sides)), gap_at, own_at))
    made, by_themselves = judged.together(), alone.together()
    places = {"net_benefit": f"{rule.benefit_threshold:g}"}
    places |= dict.fromkeys(("false_negative_rate", "false_positive_rate", "share_picked"), rule.at)
    rows = []
    for m, gap_at, own_at in lines:
        tolerance, gap = plan.gap_tolerance[m.measure], None if gap_at is None else made.gaps[gap_at]  # type: ignore[index]
        row: dict[str, object] = {
            "column": m.column,
            "group": m.group,
            "measure": m.measure,
            "at": places.get(m.measure),
        }
        row |= {"tolerance": tolerance, "verdict": NOT, "needed": pd.NA, "replicates": intervals.replicates}
        numbers = _numbers(m, gap, made.width, tolerance) if gap else NOTHING
        rows.append(row | numbers | ({} if own_at is None else _own(m, by_themselves.gaps[own_at])))
    return pd.DataFrame(rows)


NUMBERS = ("estimate", "low", "high", "rest", "gap", "gap_low", "gap_high")
NOTHING: dict[str, object] = dict.fromkeys(NUMBERS, np.nan)


def _numbers(member: _Member, gap: Gap, width: float, tolerance: float) -> dict[str, object]:
    """Return the numbers of one gap, its verdict, and how many people it would take where that says too little."""
    verdict = verdict_of(gap.low, gap.high, tolerance)
    alone = len(member.sides) == 2  # a gap of gaps has no group of its own
    row = {**NOTHING, **(_own(member, gap) | {"rest": gap.side - gap.estimate} if alone else {})}
    row |= {"gap": gap.estimate, "gap_low": gap.low, "gap_high": gap.high, "verdict": verdict}
    if verdict == FEW:
        row["needed"] = people_needed(member.people, gap.se, width, tolerance)
    return row


def _own(member: _Member, gap: Gap) -> dict[str, object]:
    """Return the measure of the group with an interval of its own."""
    low, high = _within(member.measure, gap.side_low, gap.side_high)
    return {"estimate": gap.side, "low": low, "high": high}


BOUNDED = ("auc", "false_negative_rate", "false_positive_rate", "share_picked", "mean_forecast")


def _within(measure: str, low: float, high: float) -> tuple[float, float]:
    return (max(low, 0.0), min(high, 1.0)) if measure in BOUNDED else (low, high)


# --- counts and pictures -------------------------------------------------------------------


def _counts(rows: Rows, labels: pd.DataFrame) -> pd.DataFrame:
    """Return people, rows and events of every group, and who of the lowest third of the forecasts would be picked."""
    low = rows.log_odds <= np.quantile(rows.log_odds, 1 / 3)
    made = []
    for column in map(str, labels):
        mine = labels[column].to_numpy()
        for group in dict.fromkeys((*known_groups(labels[column]), *sorted(set(mine) & {UNKNOWN}))):
            part = rows.take(np.flatnonzero(mine == group))
            lowest = rows.take(np.flatnonzero((mine == group) & low))
            enough = len(np.unique(lowest.client)) >= min_people()
            made.append(
                {
                    "column": column,
                    "group": group,
                    "people": len(np.unique(part.client)),
                    "rows": len(part.client),
                    "events": int(part.outcome.sum()),
                    "people_with": len(np.unique(part.client[part.outcome == 1])),
                    "people_without": len(np.unique(part.client[part.outcome == 0])),
                    "lowest_third": len(lowest.client) / len(part.client) if enough else np.nan,
                    "lowest_third_picked": float(lowest.picked.mean()) if enough else np.nan,
                }
            )
    return pd.DataFrame(made)


def _over_room(rows: Rows, labels: pd.DataFrame, rule: Rule, least: int) -> pd.DataFrame:
    """Return share picked and false negative rate of every group by how much room there is."""
    shown = {
        (str(column), group): part
        for column in labels
        for group in known_groups(labels[column])
        if PEOPLE["false_negative_rate"](rows.take(part := np.flatnonzero(labels[column] == group))) >= least
    }
    made = []
    for room in ROOM:
        on_list = picked(expit(rows.log_odds), replace(rule, share=room, thresholds=()), rows.weight) * rows.weight
        for name, part in shown.items():
            share = on_list[part].sum() / rows.weight[part].sum()
            reached = on_list[part] @ rows.case[part] / (rows.weight[part] @ rows.case[part])
            made.append((*name, room, share, 1 - reached))
    return pd.DataFrame(made, columns=["column", "group", "at", "share_picked", "false_negative_rate"])
