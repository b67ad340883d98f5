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
