"""Contracts of result tables on people."""

from eriq.disclosure.tables import RULES
from eriq.tables.people import ABOUT_PEOPLE
from eriq.tables.results import CONTRACTS


def test_every_table_on_people_is_a_result_with_a_rule_for_release() -> None:
    """Each is among the contracts, and has a rule that says what its rows rest on, or a count of people in a column n.

    What is invented rests on nobody.
    """
    assert ABOUT_PEOPLE.items() <= CONTRACTS.items()
    counted = {name for name, columns in ABOUT_PEOPLE.items() if "n" in {column.name for column in columns}}
    assert ABOUT_PEOPLE.keys() - RULES.keys() - counted == {"typical"}
    for name in ABOUT_PEOPLE.keys() & RULES.keys():
        assert set(RULES[name].counts) <= {column.name for column in ABOUT_PEOPLE[name]}
