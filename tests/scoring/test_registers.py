"""Registers beside the answers: the form is asked for only by models that use it."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from eriq.errors import SourceError
from eriq.scoring.registers import Lookup, read_registers

PERSONS = pd.DataFrame({"client_id": ["a", "b"], "born_on": ["1980-01-01", "1990-01-01"]})
SPELLS = pd.DataFrame(
    {"client_id": ["a"], "started_on": ["2014-01-01"], "ended_on": [None], "status": ["social_assistance"]}
)
EVENTS = pd.DataFrame({"client_id": ["a"], "occurred_on": ["2014-01-01"], "kind": ["gp_contact"]})
FORMS = pd.DataFrame({"client_id": ["b", "a", "b"], "filled_on": ["2014-03-01", "2014-01-01", "2014-02-01"]})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with persons, spells and events."""
    for name, table in {"persons": PERSONS, "spells": SPELLS, "events": EVENTS}.items():
        table.to_csv(tmp_path / f"{name}.csv", index=False)
    return tmp_path


def test_a_folder_without_forms_serves_models_that_use_none(folder: Path) -> None:
    """Without forms the table is empty; a model that uses one says what is missing."""
    assert 0 == len(read_registers(folder).forms)
    with pytest.raises(SourceError, match="has no forms; this model needs persons, spells, events and forms"):
        read_registers(folder, form=True)


def test_forms_are_read_and_looked_up_by_client(folder: Path) -> None:
    """A chunk gets the forms of its own clients, in the order of the file."""
    FORMS.assign(contacts=[1, 2, 3]).to_csv(folder / "forms.csv", index=False)
    registers = read_registers(folder, form=True)
    mine = Lookup(registers).of(pd.DataFrame({"client_id": ["b"]}))

    assert [1, 3] == mine.forms["contacts"].tolist()
    assert 0 == len(Lookup(replace(registers, forms=registers.forms.iloc[:0])).of(PERSONS).forms)
