"""Registers beside the answers, and what a chunk looks up in them."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from eriq.errors import SourceError
from eriq.features import recorded_columns
from eriq.model.bundle import Bundle
from eriq.scoring.registers import Lookup, read_registers
from eriq.tables.cohort import Registers
from eriq.workflows.score import job_of, run
from tests.scoring.conftest import Backlog, read_both

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
    assert 0 == len(read_registers(folder)[0].forms)
    with pytest.raises(SourceError, match="has no forms; this model needs persons, spells, events and forms"):
        read_registers(folder, form=True)


def test_forms_are_read_and_looked_up_by_client(folder: Path) -> None:
    """A chunk gets the forms of its own clients, in the order of the file."""
    FORMS.assign(contacts=[1, 2, 3]).to_csv(folder / "forms.csv", index=False)
    registers, _ = read_registers(folder, form=True)
    mine = Lookup(registers).of(pd.DataFrame({"client_id": ["b"]}))

    assert [1, 3] == mine.forms["contacts"].tolist()
    assert 0 == len(Lookup(replace(registers, forms=registers.forms.iloc[:0])).of(PERSONS).forms)


def test_a_chunk_looks_up_its_own_clients_only(registers: Callable[..., Registers]) -> None:
    """Of three clients' registers, a chunk of one takes that one's lines in their order."""
    spells = [
        ("c1", "2014-01-01", None, "activation"),
        ("c2", "2013-01-01", None, "activation"),
        ("c1", "2012-01-01", None, "education"),
    ]
    whole = registers(spells, [("c3", "2014-01-01", "gp_contact")], {"c1": {}, "c2": {}, "c3": {}})
    mine = Lookup(whole).of(pd.DataFrame({"client_id": ["c1", " c1 ", "c9", None]}, dtype="str"))
    assert mine.persons["client_id"].tolist() == ["c1"]
    assert mine.spells["status"].tolist() == ["activation", "education"]
    assert len(mine.events) == 0
    assert len(Lookup(whole).of(pd.DataFrame({"client_id": pd.Series([], dtype="str")})).persons) == 0


def test_registers_beside_the_answers(register_bundle: Bundle, backlog: Backlog, tmp_path: Path) -> None:
    """A folder with registers scores as whole and in chunks; a client nobody knows is set aside."""
    folder = tmp_path / "in"
    folder.mkdir()
    frame = backlog(9)
    frame.to_csv(folder / "answers.csv", index=False)
    people = [f"c{k}" for k in range(1, 9)]
    pd.DataFrame({"client_id": people, "born_on": "1980-01-01"}).to_csv(folder / "persons.csv", index=False)
    spells = {"client_id": people, "started_on": "2014-06-01", "ended_on": "2014-12-01", "status": "work_unsubsidised"}
    pd.DataFrame(spells).to_csv(folder / "spells.csv", index=False)
    pd.DataFrame({"client_id": ["c1"], "occurred_on": ["2014-05-05"], "kind": ["gp_contact"]}).to_csv(
        folder / "events.csv", index=False
    )
    made = []
    for chunk_rows in (2, 100):
        out = tmp_path / f"out{chunk_rows}.csv"
        made.append(read_both(run(job_of(str(register_bundle.folder), folder, out, chunk_rows=chunk_rows))))
    pd.testing.assert_frame_equal(made[0][0], made[1][0])
    assert made[0][0]["row"].tolist() == list(range(1, 9))
    assert made[0][1]["code"].tolist() == ["client_id:unknown_client"]


def test_a_chunk_in_which_nobody_was_registered_before_says_never_not_unknown(
    registers: Callable[..., Registers],
) -> None:
    """Earlier periods of c2 are 0 whether c1, who had one, is in the same chunk or not; unknown if nobody has any."""
    spells = [("c1", "2013-01-01", "2013-06-01", "registered"), ("c2", "2013-01-01", None, "education")]
    rows = pd.DataFrame({"client_id": ["c1", "c2"], "answered_on": pd.to_datetime(["2015-01-01"] * 2)})
    rows = rows.astype({"client_id": "str", "answered_on": "datetime64[us]"})
    whole = registers(spells, [], {"c1": {}, "c2": {}})

    def earlier(some: pd.DataFrame, known: Registers) -> list[float]:
        return recorded_columns(some, Lookup(known).of(some), 30)["register.earlier_periods"].tolist()

    assert [1.0, 0.0] == earlier(rows, whole)
    assert [0.0] == earlier(rows.iloc[1:], whole)
    assert np.isnan(earlier(rows.iloc[1:], registers(spells[1:], [], {"c2": {}}))).all()
