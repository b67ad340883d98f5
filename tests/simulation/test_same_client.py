"""Clients under one caseworker and the next, with what belief truly does."""

import numpy as np
import pandas as pd

from eriq.instrument.instrument import Instrument
from eriq.raters.within import SHOWN, within_clients
from eriq.simulation.cohort import SimulatedCohort, simulate
from eriq.simulation.same_client import planted, same_client
from eriq.simulation.settings import Simulation, load_simulation


def acting(share: float, preset: str = "believed") -> Simulation:
    """Return a preset in which so much of the effect of belief is belief itself."""
    given = load_simulation(preset)
    return given.model_copy(update={"hazard": given.hazard.model_copy(update={"acting": share})})


def test_a_planted_part_comes_back_at_20_000_clients() -> None:
    """The interval holds the truth that the simulation computes, and leaves out 0."""
    rows = same_client(load_simulation("believed"), 20_000, seed=3)
    found = within_clients(rows, once=True)
    assert found.verdict == SHOWN
    assert 0 < found.low <= planted(rows) <= found.high


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
    """Every row is an answer of the whole cohort of that seed, believed in to the same degree."""
    rows = same_client(load_simulation("claim"), 400, seed=5)
    ids = cohort.persons["client_id"].to_numpy()[rows["client"]]
    mine = rows.assign(client_id=ids, wave=rows["wave"] + 1)[["client_id", "wave", "believes"]]
    both = mine.merge(cohort.truth, on=["client_id", "wave"], validate="one_to_one")
    assert len(both) == len(rows)
    assert ((both["belief_level"] >= 2) == (both["believes"] == 1)).all()
