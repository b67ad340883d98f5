"""The two tables of a trial at the border."""

from pathlib import Path

import pandas as pd
import pytest

from eriq.config.trial import load_trial
from eriq.errors import CohortError, SchemaError
from eriq.trials.trial import open_trial

CONFIG = """
version: 1
name: own
source: {kind: tables, persons: persons.csv, states: states.csv}
client: id
assignment: {arm: given, probability: p}
reference: usual
sex: woman
kinds: [job]
outcomes: {work: [job]}
months: [1]
"""
PERSONS = pd.DataFrame(
    {"id": ["a", "b", "c"], "given": ["usual", "new", "new"], "p": [0.4, 0.6, 0.6], "woman": [1, 0, 1]}
)
STATES = pd.DataFrame({"id": ["a", "b", "c"], "month": 1, "state": ["job", "none", "job"]})


def opened(folder: Path, persons: pd.DataFrame = PERSONS, states: pd.DataFrame = STATES):
    (folder / "own.yaml").write_text(CONFIG, "utf-8")
    persons.to_csv(folder / "persons.csv", index=False)
    states.to_csv(folder / "states.csv", index=False)
    return open_trial(load_trial(folder / "own.yaml"))


def test_own_tables_are_read(tmp_path):
    """Own names of columns are mapped; the reference is the first arm; paths are relative to the file."""
    trial = opened(tmp_path)
    assert trial.arms == ("usual", "new")
    assert trial.states["chance"].tolist() == [0.4, 0.6, 0.6]


def test_bad_tables_are_named_errors(tmp_path):
    """A chance of nothing, a stranger, a person twice, one arm only, an unknown kind: named, without values."""
    with pytest.raises(SchemaError, match="assignment probability"):
        opened(tmp_path, PERSONS.assign(p=0.0))
    with pytest.raises(SchemaError, match="persons: p"):
        opened(tmp_path, PERSONS.assign(p=1.2))
    with pytest.raises(SchemaError, match="belong to nobody"):
        opened(tmp_path, PERSONS.iloc[:2])
    with pytest.raises(SchemaError, match="more than once"):
        opened(tmp_path, pd.concat([PERSONS, PERSONS.iloc[:1]]))
    with pytest.raises(SchemaError, match="repeat a client and month"):
        opened(tmp_path, states=pd.concat([STATES, STATES.iloc[:1]]))
    with pytest.raises(SchemaError, match="none of the declared kinds"):
        opened(tmp_path, states=STATES.assign(state="x"))
    with pytest.raises(CohortError, match="in another arm"):
        opened(tmp_path, PERSONS.assign(given="usual"))
