"""Result tables on people: who they are, what they answered, what lists and cuts of their forecasts reach."""

from collections.abc import Mapping
from typing import Final

from eriq.tables.schema import Column

BY_LOT: Final = "by lot"  # in `listed`
WITH_OUTCOME: Final = "with the outcome"  # in tables on who people are
WITHOUT_OUTCOME: Final = "without the outcome"
ALL: Final = "all"
NO_ITEM: Final = "no item: "  # in `importance`, before columns of no indicator
UNANSWERED: Final = "no answer"  # in `answers`

_CONTENDER = Column("contender", "str")

LISTED = (  # one row for each of the declared pair, one for their difference, one for drawing by lot
    _CONTENDER,
    Column("baseline", "str"),  # of the difference
    Column("pick", "str", allowed=("highest", "lowest", "middle")),
    Column("places", "Int64"),  # rows that the list has room for
    Column("rows", "Int64"),  # in all
    Column("people", "Int64"),  # clients with a row on the list
    # How many on the list are cases: with the outcome at the top of a list, else without it.
    *(Column(end, "float64") for end in ("estimate", "low", "high")),
    Column("fewest", "Int64"),  # cases on the list or others on it, whichever are fewer
)
WHO = (
    Column("column", "str"),
    Column("group", "str"),
    *(Column(name, "Int64") for name in ("people", "rows", "events", "people_with", "people_without")),
)
WHO_BY_CENTRE = (
    Column("column", "str"),
    Column("group", "str"),
    Column("centre", "str"),
    Column("people", "Int64"),
    Column("rows", "Int64"),
)
WHO_NUMBERS = (
    Column("name", "str"),
    Column("label", "str"),
    Column("by", "str", allowed=("outcome", "job_centre")),
    Column("group", "str"),
    Column("n", "Int64"),  # people for whom the number is known
    *(Column(name, "float64") for name in ("mean", "sd", "missing")),
)
ANSWERS = (
    Column("item", "str"),
    Column("label", "str"),
    Column("respondent", "str"),
    Column("level", "float64"),  # a gap: left unanswered
    Column("answer", "str"),
    Column("people", "Int64"),
    Column("rows", "Int64"),
    Column("share", "float64"),  # of all rows
)
HALVES = (
    Column("indicator", "str"),
    Column("first", "str"),
    Column("second", "str"),
    Column("people", "Int64"),
    Column("rows", "Int64"),  # where both answered
    *(Column(name, "float64") for name in ("same", "within_one", "kappa")),
)
HISTOGRAM = (_CONTENDER, Column("low", "float64"), Column("high", "float64"), Column("n", "Int64"))
ROC = (
    _CONTENDER,
    *(Column(name, "float64") for name in ("cut", "false_positive_rate", "sensitivity", "precision")),
    Column("fewest", "Int64"),
)
TYPICAL = (  # invented people
    Column("person", "str"),
    Column("forecast", "float64"),
    Column("place", "Int64"),
    Column("label", "str"),
    Column("answer", "str"),
    Column("contribution", "float64"),
)

ABOUT_PEOPLE: Mapping[str, tuple[Column, ...]] = {
    "listed": LISTED,
    "who": WHO,
    "who_by_centre": WHO_BY_CENTRE,
    "who_numbers": WHO_NUMBERS,
    "answers": ANSWERS,
    "halves": HALVES,
    "histogram": HISTOGRAM,
    "roc": ROC,
    "typical": TYPICAL,
}
