"""Small worlds that several test modules share; nothing here is large, random or slow."""

import os
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import settings

from eriq.config import Tables
from eriq.instrument.instrument import Instrument, load_instrument
from eriq.tables.cohort import Registers

settings.register_profile("eriq", deadline=None, max_examples=40, derandomize=True)
settings.register_profile("fuzz", deadline=None, max_examples=1250)  # `make fuzz`: other examples each time
settings.load_profile(os.environ.get("ERIQ_EXAMPLES", "eriq"))

SECRET = "SECRET-77"  # a value of somebody's row: no error may repeat it


@pytest.fixture(scope="session")
def instrument() -> Instrument:
    """Return the shipped 22-item questionnaire."""
    return load_instrument("eriq22")


@pytest.fixture(scope="session")
def secret() -> str:
    """Return a marked value that no error text may repeat."""
    return SECRET


@pytest.fixture
def answer_text(instrument: Instrument) -> Callable[..., pd.DataFrame]:
    """Make ANSWERS as a CSV holds them: all answers "3", client c1 on 1 March 2015, c2 on 2 March, ..."""

    def make(n: int = 3, **columns: list[str] | str) -> pd.DataFrame:
        made: dict[str, object] = {
            "client_id": [f"c{k + 1}" for k in range(n)],
            "answered_on": [f"2015-03-{k % 28 + 1:02d}" for k in range(n)],
            "wave": ["1"] * n,
            "caseworker_id": ["w1"] * n,
            "job_centre": ["north"] * n,
            **{item: ["3"] * n for item in instrument.item_ids},
        }
        return pd.DataFrame({**made, **columns}, dtype="str")

    return make


@pytest.fixture
def agency(tmp_path: Path, answer_text: Callable[..., pd.DataFrame]) -> Callable[..., Tables]:
    """Write three clients' tables as CSV, each replaceable by another frame, and return their source."""

    def write(options: dict[str, object] | None = None, **frames: pd.DataFrame) -> Tables:
        tables = {
            "answers": answer_text(),
            "persons": pd.DataFrame(
                {
                    "client_id": ["c1", "c2", "c3"],
                    "born_on": ["1980-01-01", "1981-01-01", "1982-01-01"],
                    "sex": ["female", "male", "female"],
                }
            ),
            "spells": pd.DataFrame(
                {
                    "client_id": ["c1", "c2"],
                    "started_on": ["2015-06-01", "2014-01-01"],
                    "ended_on": ["2016-12-31", "2014-12-31"],
                    "status": ["work_unsubsidised", "social_assistance"],
                }
            ),
            "events": pd.DataFrame({"client_id": ["c1"], "occurred_on": ["2014-05-05"], "kind": ["gp_contact"]}),
            **frames,
        }
        files = {}
        for name, frame in tables.items():
            files[name] = tmp_path / f"{name}.csv"
            frame.to_csv(files[name], index=False)
        return Tables(kind="tables", **files, **(options or {}))  # type: ignore[arg-type]

    return write


@pytest.fixture
def registers() -> Callable[..., Registers]:
    """Make checked registers from short tuples: spells (client, from, to, status), events (client, day, kind)."""

    def make(
        spells: list[tuple[str, str, str | None, str]] = (),  # type: ignore[assignment]
        events: list[tuple[str, str, str]] = (),  # type: ignore[assignment]
        persons: dict[str, dict[str, object]] | None = None,
    ) -> Registers:
        from eriq.tables import schema

        who = {"client_id": list(persons or {}), "born_on": ["1980-01-01"] * len(persons or {})}
        people = pd.DataFrame(who, dtype="str")
        for client, facts in (persons or {}).items():
            for name, value in facts.items():
                people.loc[people["client_id"] == client, name] = value
        frames = {
            "persons": (people, schema.PERSONS),
            "spells": (
                pd.DataFrame(list(spells), columns=["client_id", "started_on", "ended_on", "status"]),
                schema.SPELLS,
            ),
            "events": (pd.DataFrame(list(events), columns=["client_id", "occurred_on", "kind"]), schema.EVENT_COLUMNS),
        }
        typed = {}
        for name, (frame, columns) in frames.items():
            typed[name], problems = schema.check(frame, columns, name)
            schema.refuse(problems)
        return Registers(**typed)

    return make


@pytest.fixture
def waves(instrument: Instrument) -> Callable[..., pd.DataFrame]:
    """Make checked ANSWERS from (client, day) pairs; further columns by keyword."""

    def make(pairs: list[tuple[str, str]], **columns: list[object]) -> pd.DataFrame:
        from eriq.tables import schema

        frame = pd.DataFrame(pairs, columns=["client_id", "answered_on"], dtype="str").assign(**columns)
        for item in instrument.item_ids:
            if item not in frame:
                frame[item] = 3
        answers, problems = schema.check(frame, schema.answers_columns(instrument), "answers")
        schema.refuse(problems)
        return answers

    return make
