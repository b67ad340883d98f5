"""What a questionnaire declares of others: short forms, maps of codes, and what is refused."""

import pytest
from pydantic import TypeAdapter, ValidationError

from eriq.instrument.versions import Accepted, Taken, problems_of_accepted

ACCEPTED: TypeAdapter[dict[str, Taken]] = TypeAdapter(Accepted)
CODES = {"cw01": frozenset({1, 2, 3})}


def test_three_ways_to_write_the_same() -> None:
    """A list of items that are the same, our item with theirs, and the whole form mean one thing."""
    forms = (["cw01"], {"cw01": "cw01"}, {"cw01": {"item": "cw01"}}, {"cw01": Taken(item="cw01")})
    assert [ACCEPTED.validate_python(form) for form in forms] == [{"cw01": Taken(item="cw01")}] * 4


def test_a_map_of_codes_survives_a_file() -> None:
    """Codes come back as whole numbers from JSON, where keys are text."""
    accepted = ACCEPTED.validate_python({"cw01": {"item": "q1", "codes": {1: 3, 2: 2, 3: 1}}})
    assert ACCEPTED.validate_json(ACCEPTED.dump_json(accepted)) == accepted


@pytest.mark.parametrize("form", ["cw01", [1], {"cw01": 1}, {"cw01": {"item": "q1", "code": {}}}], ids=str)
def test_anything_else_is_refused(form: object) -> None:
    """A bare name, numbers for items and misspelt keys are no declaration."""
    with pytest.raises(ValidationError):
        ACCEPTED.validate_python(form)


def test_every_problem_is_named_with_its_questionnaire() -> None:
    """An unknown item, a code our scale lacks and a missing code in a map: each is a line; a good map is none."""
    good = {"cw01": Taken(item="q1", codes={1: 3})}
    assert problems_of_accepted({"a 1.0.0": good}, CODES) == []
    bad = {
        "a 1.0.0": {"cw0l": Taken(item="q1")},
        "b 1.0.0": {"cw01": Taken(item="q1", codes={1: 4})},
        "c 1.0.0": {"cw01": Taken(item="q1", codes={-1: 1})},
    }
    assert [line.split(":")[0] for line in problems_of_accepted(bad, CODES)] == [f"accepts {k} 1.0.0" for k in "abc"]
