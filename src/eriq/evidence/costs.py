"""What support costs per participant, when it has paid for itself, and how that hangs on what is not known."""

import math
from collections.abc import Mapping
from typing import Final

import pandas as pd

from eriq.config.costs import Benefit, Costs, ForList
from eriq.tables.results import as_result
from eriq.tables.trial_results import COSTS

TOTAL: Final = "total"
STAFF: Final = "staff"
LONGEST = 100  # years after which nothing is reckoned any more
NOT_AN_EFFECT: Final = (
    "A forecast says who, not what support does: no number of a score file stands here. What is gained rests on the "
    "difference that was entered, and on its interval."
)


def all_tables(costs: Costs) -> dict[str, pd.DataFrame]:
    """Return every table that a file of costs gives.

    Parameters
    ----------
    costs : Costs

    Returns
    -------
    dict of str to DataFrame
        ``hours``, ``time`` and ``per_participant``; ``revenue`` and ``break_even`` where a benefit is declared, and
        ``for_list`` where a list is. Money is in the currency of the file.

    Examples
    --------
    >>> from eriq.config.costs import load_costs
    >>> tables = all_tables(load_costs("swedish-trial"))
    >>> tables["break_even"].loc[0, "months"].round(3)
    np.float64(9.325)
    """
    found = {"hours": hours(costs), "time": time(costs), "per_participant": per_participant(costs)}
    if costs.benefit is not None:
        found |= {"revenue": revenue(costs.benefit), "break_even": break_even(costs, costs.benefit)}
        if costs.for_list is not None:
            found["for_list"] = for_list(costs, costs.benefit, costs.for_list)
    return {name: as_result(name, table, COSTS) for name, table in found.items()}


def hours(costs: Costs) -> pd.DataFrame:
    """Return what an hour of each role costs: pay with on-costs over the hours of a month."""
    rows = [
        {"role": name, "monthly_pay": role.monthly_pay, "pay_with_on_costs": _with_on_costs(costs, name)}
        for name, role in costs.staff.roles.items()
    ]
    table = pd.DataFrame(rows)
    return table.assign(per_hour=table["pay_with_on_costs"] / costs.staff.hours_per_month)


def _with_on_costs(costs: Costs, role: str) -> float:
    return costs.staff.roles[role].monthly_pay * (1 + costs.staff.on_cost_rate)


def time(costs: Costs) -> pd.DataFrame:
    """Return hours and cost of each role for one participant, and the cost that is stated, if one is."""
    per_hour = hours(costs).set_index("role")["per_hour"]
    rows = []
    for name, arm in costs.arms.items():
        for role, spent in arm.time.items():
            taken = sum(week * hour for week, hour in zip(costs.weeks, spent.hours_per_week, strict=True))
            rows.append(
                {"arm": name, "role": role, "hours": taken, "cost": taken * per_hour[role], "stated": spent.stated}
            )
    return pd.DataFrame(rows, columns=[column.name for column in COSTS["time"]])


def per_participant(costs: Costs) -> pd.DataFrame:
    """Return what each item costs for one participant, in whole units, so that the items add up to the total."""
    spent = time(costs)
    counted = spent["stated"].astype("float64").fillna(spent["cost"]).groupby(spent["arm"]).sum()
    rows = []
    for name, arm in costs.arms.items():
        items = {STAFF: counted.get(name, 0.0), **{k: total / arm.participants for k, total in arm.totals.items()}}
        whole = {item: float(round(value)) for item, value in items.items()}
        whole[TOTAL] = sum(whole.values())
        rows += [{"arm": name, "item": item, "value": value} for item, value in whole.items()]
    return pd.DataFrame(rows)


def monthly(benefit: Benefit, difference: float) -> float:
    """Return what one month brings per participant, at first: the employer's part of pay times the difference."""
    borne = benefit.monthly_wage * benefit.extent * (1 - benefit.subsidy_rate)
    return borne * (1 - benefit.displacement) * difference


def gained(benefit: Benefit, difference: float, years: int) -> float:
    """Return what so many years bring per participant, less what is lost of it each year."""
    return 12 * monthly(benefit, difference) * sum((1 - benefit.yearly_loss) ** year for year in range(years))


def revenue(benefit: Benefit) -> pd.DataFrame:
    """Return what the difference brings per participant over the years, with the ends of its interval."""
    effect = benefit.effect
    ends = {"estimate": effect.difference, "low": effect.low, "high": effect.high}
    return pd.DataFrame(
        [{"years": y, **{name: gained(benefit, end, y) for name, end in ends.items()}} for y in benefit.years]
    )


def months_to(benefit: Benefit, difference: float, cost: float) -> float:
    """Return after how many months a cost per participant has come back; infinity where it never does.

    Examples
    --------
    >>> from eriq.config.costs import load_costs
    >>> benefit = load_costs("swedish-trial").benefit
    >>> months_to(benefit, 0.0, 4428), months_to(benefit, 0.08, -100)
    (inf, 0.0)
    """
    if cost <= 0:
        return 0.0
    left = cost
    for year in range(LONGEST):
        each = monthly(benefit, difference) * (1 - benefit.yearly_loss) ** year
        if each > 0 and left <= 12 * each:
            return 12 * year + left / each
        left -= 12 * each
    return math.inf


def break_even(costs: Costs, benefit: Benefit) -> pd.DataFrame:
    """Return the months to break even: as declared first, then with one thing changed at a time.

    `months_low` is that of the higher end of the effect. Costs of all items are in whole units.
    """
    totals = _totals(costs)
    apart = totals[benefit.arm] - totals[benefit.reference]
    rows = [_months("", math.nan, benefit, apart)]
    for name, values in costs.sensitivity.items():
        rows += [_months(name, value, benefit.model_copy(update={name: value}), apart) for value in values]
    return pd.DataFrame(rows)


def _totals(costs: Costs) -> Mapping[str, float]:
    table = per_participant(costs)
    return {str(arm): value for arm, value in table[table["item"] == TOTAL].set_index("arm")["value"].items()}


def _months(changed: str, to: float, benefit: Benefit, apart: float) -> dict[str, str | float]:
    effect = benefit.effect
    months = {"": effect.difference, "_low": effect.high, "_high": effect.low}
    ends: dict[str, str | float] = {f"months{k}": months_to(benefit, value, apart) for k, value in months.items()}
    return {"changed": changed, "to": to, "cost_difference": apart, **ends}


def for_list(costs: Costs, benefit: Benefit, wanted: ForList) -> pd.DataFrame:
    """Return what support for the people of a list costs and brings, from the effect entered for them."""
    totals = _totals(costs)
    spent = wanted.people * (totals[benefit.arm] - totals[benefit.reference])
    effect = wanted.effect
    ends = {"estimate": effect.difference, "low": effect.low, "high": effect.high}
    brought = {name: wanted.people * gained(benefit, end, wanted.years) for name, end in ends.items()}
    return pd.DataFrame(
        [
            {"what": "more spent than on the reference", **dict.fromkeys(ends, spent)},
            {"what": "brought", **brought},
            {"what": "brought less spent", **{name: value - spent for name, value in brought.items()}},
        ]
    )
