"""One small made-up cohort that the tests of this room share."""

import pytest

from eriq.instrument.instrument import Instrument
from eriq.simulation.cohort import SimulatedCohort, simulate
from eriq.simulation.settings import load_simulation


@pytest.fixture(scope="session")
def cohort(instrument: Instrument) -> SimulatedCohort:
    """Make 400 clients of the preset that the demo uses."""
    return simulate(load_simulation("claim"), instrument, clients=400, seed=5)
