"""Made-up cohorts of any size, a block of clients at a time: memory is that of a block."""

from collections.abc import Iterator

import numpy as np

from eriq.instrument.instrument import Instrument
from eriq.simulation.cohort import SimulatedCohort, Within, simulate
from eriq.simulation.settings import Simulation

WHOLE = 30_000  # up to so many clients a cohort is drawn at once, as it always was
BLOCK = 10_000  # clients of each block beyond; a fixed number, so that people do not depend on what is written at once


def cohort_blocks(settings: Simulation, instrument: Instrument, clients: int, seed: int) -> Iterator[SimulatedCohort]:
    """Yield a made-up cohort in blocks of clients, in order of their ids.

    Up to `WHOLE` clients there is one block, `simulate` of the same seed. Beyond, every `BLOCK` clients are a cohort of
    their own seed, which follows from `seed` and their place: the share with a job entry, the number of answers and
    the sizes of centres are set block by block, while caseworkers are those of `seed` in every block.

    Parameters
    ----------
    settings, instrument, clients, seed
        As for `simulate`.

    Examples
    --------
    >>> from eriq.instrument.instrument import load_instrument
    >>> from eriq.simulation.settings import load_simulation
    >>> (cohort,) = cohort_blocks(load_simulation("claim"), load_instrument("eriq22"), clients=100, seed=1)
    >>> len(cohort.answers)
    287
    """
    if clients <= WHOLE:
        yield simulate(settings, instrument, clients, seed)
        return
    for number, before in enumerate(range(0, clients, BLOCK)):
        own = int(np.random.SeedSequence([seed, number]).generate_state(1, np.uint64)[0])
        within = Within(seed, before, clients)
        yield simulate(settings, instrument, min(BLOCK, clients - before), own, within=within)
