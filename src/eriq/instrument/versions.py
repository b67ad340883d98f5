"""Which answers to other questionnaires, or to other versions, serve as answers to this one, item by item."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from eriq.config import Section
from eriq.errors import nearest


class Taken(Section):
    """Where the answers to one of our items stand in another questionnaire."""

    item: str
    codes: dict[int, int] = Field(default={}, description="Their code -> ours, every one of theirs; none: the same.")


def as_taken(given: Any) -> Any:
    """Return the short forms written out: a list of items that are the same, and `our item: their item`.

    >>> as_taken(["cw01"]), as_taken({"cw02": "q2"})
    ({'cw01': {'item': 'cw01'}}, {'cw02': {'item': 'q2'}})
    """
    if isinstance(given, list):
        given = {item: item for item in given} if all(isinstance(item, str) for item in given) else given
    if not isinstance(given, dict):
        return given
    return {ours: {"item": theirs} if isinstance(theirs, str) else theirs for ours, theirs in given.items()}


Accepted = Annotated[
    dict[str, Taken], BeforeValidator(as_taken, json_schema_input_type=list[str] | dict[str, str | Taken])
]


def problems_of_accepted(accepts: Mapping[str, Mapping[str, Taken]], codes: Mapping[str, frozenset[int]]) -> list[str]:
    """Return what is wrong with the maps of a questionnaire; `codes` are those of the answers to its items.

    >>> problems_of_accepted({"old 1.0.0": {"cw01": Taken(item="q1", codes={1: 7})}}, {"cw01": frozenset({1, 2})})
    ['accepts old 1.0.0: cw01: codes that our scale does not have: 7']
    """
    problems = []
    for other, taken in accepts.items():
        for ours, source in taken.items():
            if ours not in codes:
                problems.append(f"accepts {other}: item '{ours}' is not defined.{nearest(ours, codes)}")
            elif strange := sorted(set(source.codes.values()) - codes[ours]):
                told = ", ".join(map(str, strange))
                problems.append(f"accepts {other}: {ours}: codes that our scale does not have: {told}")
            elif any(code < 0 for code in source.codes):
                problems.append(f"accepts {other}: {ours}: missing codes mean the same everywhere and are not mapped")
    return problems
