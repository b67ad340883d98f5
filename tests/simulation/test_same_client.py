"""Clients under one caseworker and the next, with what belief truly does."""

import numpy as np
import pandas as pd
import pytest

from eriq.instrument.instrument import Instrument
from eriq.raters.within import SHOWN, within_clients
from eriq.simulation import same_client as module
from eriq.simulation.answers import draw_asked
from eriq.simulation.cohort import SimulatedCohort, simulate
from eriq.simulation.readiness import Asked, World
from eriq.simulation.same_client import planted, same_client
from eriq.simulation.settings import Simulation, load_simulation


def acting(share: float, preset: str = "believed") -> Simulation:
    """Return a preset in which so much of the effect of belief is belief itself."""
    given = load_simulation(preset)
    return given.model_copy(update={"hazard": given.hazard.model_copy(update={"acting": share})})


@pytest.fixture(scope="module")
def believed() -> pd.DataFrame:
    """Return 20,000 clients for whom belief itself acts, drawn once."""
    return same_client(load_simulation("believed"), 20_000, seed=3)


def test_a_planted_part_comes_back_at_20_000_clients(believed: pd.DataFrame) -> None:
    """The interval holds the truth that the simulation computes, and leaves out 0."""
    found = within_clients(believed, once=True)
    assert found.verdict == SHOWN
    assert 0 < found.low <= planted(believed) <= found.high


def test_what_optimism_does_is_held_against_a_caseworker_of_middle_optimism(believed: pd.DataFrame) -> None:
    """The hopeful believe in as many or more and give as much chance or more, the others as little or less."""
    side = np.sign(believed["optimism"])
    for name in ("chance", "believing"):
        assert (side * believed[name]).min() > -1e-12
        assert (side * believed[name]).max() > 0


def test_the_chance_that_was_computed_is_what_happens(believed: pd.DataFrame) -> None:
    """On first waves, which nobody has left yet, entries go with optimism as their computed chances do."""
    first = believed[believed["wave"] == 0]
    pull = first["optimism"] - first["optimism"].mean()
    assert 0.75 < (pull * first["outcome"]).sum() / (pull * first["chance"]).sum() < 1.35


def test_knowledge_alone_is_no_planted_part() -> None:
    """Where belief only knows, it goes with the outcome as strongly, and the planted part is 0."""
    rows = same_client(acting(0.0), 2_000, seed=3)
    rate = rows.groupby("believes")["outcome"].mean()
    assert rate[1.0] > 2 * rate[0.0]
    assert abs(planted(rows)) < 1e-12


def test_without_the_parameter_nothing_changes(cohort: SimulatedCohort, instrument: Instrument) -> None:
    """A share of 1 is the cohort as it was, value for value; a smaller one gives the same people other lives."""
    same = simulate(acting(1.0, "claim"), instrument, clients=400, seed=5)
    pd.testing.assert_frame_equal(same.answers, cohort.answers)
    pd.testing.assert_frame_equal(same.truth, cohort.truth)
    other = simulate(acting(0.5, "claim"), instrument, clients=400, seed=5)
    pd.testing.assert_frame_equal(other.persons, cohort.persons)
    assert not np.array_equal(other.truth["log_hazard"], cohort.truth["log_hazard"])


def test_lives_are_those_of_the_whole_cohort(cohort: SimulatedCohort) -> None:
    """Every row is an answer of the whole cohort, believed in to the same degree, with entries at its hazard."""
    rows = same_client(load_simulation("claim"), 400, seed=5)
    ids = cohort.persons["client_id"].to_numpy()[rows["client"]]
    mine = rows.assign(client_id=ids, wave=rows["wave"] + 1)[["client_id", "wave", "believes", "outcome"]]
    both = mine.merge(cohort.truth, on=["client_id", "wave"], validate="one_to_one")
    assert len(both) == len(rows)
    assert ((both["belief_level"] >= 2) == (both["believes"] == 1)).all()
    expected = -np.expm1(-np.exp(both["log_hazard"]) * 13 / 52).sum()
    assert abs(both["outcome"].sum() - expected) < 3 * np.sqrt(expected)


def test_who_enters_in_the_week_of_an_answer_has_entered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows are the answers of weeks before the entry; of one in the week of the entry the outcome is not to come."""
    drawn = {}

    def recorded(world: World, entered: np.ndarray) -> Asked:
        drawn["asked"], drawn["entered"], drawn["week"] = draw_asked(world, entered), entered, world.latent.week
        return drawn["asked"]

    monkeypatch.setattr(module, "draw_asked", recorded)
    rows = same_client(load_simulation("claim"), 2_000, seed=3)
    asked = drawn["asked"]
    until = drawn["entered"][asked.client] - drawn["week"][asked.client, asked.wave]
    assert (until == 0).any()
    before = until > 0
    assert rows["client"].tolist() == asked.client[before].tolist()
    assert rows["wave"].tolist() == asked.wave[before].tolist()
    assert rows["outcome"].tolist() == (until[before] <= 13).astype("float64").tolist()
