"""The tables that costs and trials end in: every column, checked once where a table is made."""

from collections.abc import Mapping

from eriq.tables.schema import Column

_INTERVAL = (Column("estimate", "float64"), Column("low", "float64"), Column("high", "float64"))
COSTS: Mapping[str, tuple[Column, ...]] = {
    "hours": (
        Column("role", "str"),
        Column("monthly_pay", "float64"),
        Column("pay_with_on_costs", "float64"),
        Column("per_hour", "float64"),
    ),
    "time": (
        Column("arm", "str"),
        Column("role", "str"),
        Column("hours", "float64"),
        Column("cost", "float64"),  # hours times cost of an hour
        Column("stated", "float64"),
    ),
    "per_participant": (Column("arm", "str"), Column("item", "str"), Column("value", "float64")),
    "revenue": (Column("years", "Int64"), *_INTERVAL),
    "break_even": (
        Column("changed", "str"),
        Column("to", "float64"),
        Column("cost_difference", "float64"),
        *(Column(f"months{end}", "float64") for end in ("", "_low", "_high")),
    ),
    "for_list": (Column("what", "str"), *_INTERVAL),
}
TRIALS: Mapping[str, tuple[Column, ...]] = {
    "trial_arms": (
        Column("arm", "str"),
        Column("n", "Int64"),
        Column("lowest", "float64"),  # chance by which somebody got this arm
        Column("highest", "float64"),
        Column("effective", "float64"),  # people of equal weight that would tell as much
    ),
    "trial_balance": (
        Column("fact", "str"),
        Column("arm", "str"),
        Column("mean", "float64"),
        Column("apart", "float64"),  # from the reference, in standard deviations
        Column("fewest", "Int64"),
    ),
    "trial_shares": (
        Column("of", "str"),  # the total that kinds of work are parts of
        Column("arm", "str"),
        Column("month", "Int64"),
        Column("outcome", "str"),
        Column("n", "Int64"),
        Column("people_with", "Int64"),
        Column("people_without", "Int64"),
        *_INTERVAL,
    ),
    "trial_contrasts": (
        Column("contrast", "str"),
        Column("month", "Int64"),
        Column("outcome", "str"),
        Column("group", "str"),
        *_INTERVAL,
        Column("fewest", "Int64"),  # people with the outcome, or without, in the smaller of the arms
    ),
    "trial_answered": (
        Column("arm", "str"),
        Column("n", "Int64"),
        Column("fewest", "Int64"),
        *_INTERVAL,
        Column("gap", "float64"),
        Column("gap_low", "float64"),
        Column("gap_high", "float64"),
    ),
}
