"""Made-up people through the same checks as real ones."""

import datetime as dt

import pandas as pd

from eriq.config import Simulated, TableName
from eriq.instrument.instrument import Instrument
from eriq.tables.files import frame_digest
from eriq.tables.intake import Intake, check_answers, check_registers


def simulate_tables(source: Simulated, instrument: Instrument, today: dt.date) -> Intake:
    """Return made-up tables through the same checks as real ones, with their truth."""
    from eriq.simulation.cohort import simulate
    from eriq.simulation.settings import load_simulation

    made = simulate(load_simulation(source.preset), instrument, clients=source.clients, seed=source.seed)
    answers, problems = check_answers(made.answers, instrument, today)
    frames: dict[TableName, pd.DataFrame] = {"persons": made.persons, "spells": made.spells, "events": made.events}
    registers, found = check_registers(frames, today)
    digests: dict[str, str] = {"answers": frame_digest(made.answers)}
    digests |= {name: frame_digest(frame) for name, frame in frames.items()}
    return Intake(answers, registers, digests, None, made.truth, made.about, problems + found)
