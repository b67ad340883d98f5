"""Made-up people in blocks: as they always were where few, the same whatever is written at once where many."""

import datetime as dt
import tempfile

import pandas as pd
import pytest

from eriq.config import Simulated
from eriq.simulation import pieces as module
from eriq.simulation.cohort import simulate
from eriq.simulation.intake import simulate_tables
from eriq.simulation.pieces import cohort_blocks
from eriq.simulation.settings import load_simulation
from eriq.tables.between import check_known, check_spells
from eriq.tables.files import read_table
from eriq.tables.intake import check_answers, check_registers
from eriq.workflows.make import write_cohort

TABLES = ("answers", "persons", "spells", "events", "forms", "truth")


@pytest.fixture
def small_blocks(monkeypatch):
    """Make blocks of 40 clients, and of any cohort of more than 60."""
    monkeypatch.setattr(module, "WHOLE", 60)
    monkeypatch.setattr(module, "BLOCK", 40)


def test_few_clients_are_those_of_simulate(instrument, small_blocks):
    """Up to the limit a seed gives the people it always gave."""
    (block,) = cohort_blocks(load_simulation("claim"), instrument, 60, seed=4)
    whole = simulate(load_simulation("claim"), instrument, 60, seed=4)
    for name in TABLES:
        pd.testing.assert_frame_equal(getattr(block, name), getattr(whole, name))


def test_many_clients_do_not_depend_on_how_many_there_are(instrument, small_blocks, tmp_path):
    """Blocks of two sizes of cohort are the same people; their tables hold together, and are what is written."""
    settings = load_simulation("claim")
    blocks = list(cohort_blocks(settings, instrument, 100, seed=4))
    assert [len(block.persons) for block in blocks] == [40, 40, 20]
    more = next(cohort_blocks(settings, instrument, 120, seed=4))
    for name in TABLES:
        pd.testing.assert_frame_equal(getattr(blocks[0], name), getattr(more, name))
    joined = {name: pd.concat([getattr(b, name) for b in blocks], ignore_index=True) for name in TABLES}
    assert joined["persons"]["client_id"].tolist() == [f"c{k:03d}" for k in range(1, 101)]
    assert not any(check_known(joined[name], joined["persons"], name) for name in ("answers", "spells", "events"))
    assert not check_spells(joined["spells"])
    assert not blocks[0].persons["born_on"].iloc[:20].equals(blocks[1].persons["born_on"].iloc[:20])
    assert all(block.caseworkers.equals(blocks[0].caseworkers) for block in blocks)
    assert joined["answers"]["caseworker_id"].isin(blocks[0].caseworkers["caseworker_id"]).all()
    said = write_cohort(tmp_path / "made", 100, 4, "claim", "parquet")
    assert said.startswith(f"{len(joined['answers']):,} answered waves of 100 ")
    for name in TABLES:
        file = tmp_path / "made" / ("truth" if name == "truth" else ".") / f"{name}.parquet"
        pd.testing.assert_frame_equal(read_table(file).astype(joined[name].dtypes), joined[name])


def test_a_config_draws_many_clients_in_the_same_blocks(instrument, small_blocks, tmp_path, monkeypatch):
    """Checked tables and truth of a simulated source are those of its blocks; what was put aside is gone."""
    source, today = Simulated(kind="simulated", clients=100, seed=4), dt.date(2026, 1, 1)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    made = simulate_tables(source, instrument, today)
    assert not [*tmp_path.iterdir()]
    blocks = list(cohort_blocks(load_simulation("claim"), instrument, 100, seed=4))
    joined = {name: pd.concat([getattr(b, name) for b in blocks], ignore_index=True) for name in TABLES}
    answers, problems = check_answers(joined["answers"], instrument, today)
    registers, found = check_registers({name: joined[name] for name in ("persons", "spells", "events")}, today)
    assert not [*made.problems, *problems, *found]
    pd.testing.assert_frame_equal(made.answers, answers)
    pd.testing.assert_frame_equal(made.truth, joined["truth"])
    for name in ("persons", "spells", "events"):
        pd.testing.assert_frame_equal(getattr(made.registers, name), getattr(registers, name), check_categorical=False)
    assert made.about == blocks[0].about
    other = simulate_tables(source.model_copy(update={"seed": 5}), instrument, today)
    assert not {*made.digests.values()} & {*other.digests.values()}
    early = simulate_tables(source, instrument, dt.date(2014, 1, 1))
    assert {problem.code for problem in early.problems} == {"future"}
    assert early.digests == made.digests
