"""Made-up people through the same checks as real ones."""

import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from eriq.config import Simulated, TableName
from eriq.instrument.instrument import Instrument
from eriq.tables.files import frame_digest, read_declared
from eriq.tables.intake import Intake, check_answers, check_register, check_registers, registers_of
from eriq.tables.pieces import write_pieces
from eriq.tables.schema import Problem

REGISTERS: tuple[TableName, ...] = ("persons", "spells", "events")


def simulate_tables(source: Simulated, instrument: Instrument, today: dt.date) -> Intake:
    """Return made-up tables through the same checks as real ones, with their truth.

    People are those of `eriq simulate`. Large cohorts are drawn in the blocks of `eriq.simulation.pieces`, put aside
    and read as files of an agency are.
    """
    from eriq.simulation import pieces
    from eriq.simulation.cohort import simulate
    from eriq.simulation.settings import load_simulation

    if source.clients > pieces.WHOLE:
        return _in_pieces(source, instrument, today)
    made = simulate(load_simulation(source.preset), instrument, clients=source.clients, seed=source.seed)
    answers, problems = check_answers(made.answers, instrument, today)
    frames: dict[TableName, pd.DataFrame] = {"persons": made.persons, "spells": made.spells, "events": made.events}
    registers, found = check_registers(frames, today)
    digests: dict[str, str] = {"answers": frame_digest(made.answers)}
    digests |= {name: frame_digest(frame) for name, frame in frames.items()}
    return Intake(answers, registers, digests, None, made.truth, made.about, problems + found)


def _in_pieces(source: Simulated, instrument: Instrument, today: dt.date) -> Intake:
    """Return a cohort of which no more than a block is ever there as it was drawn."""
    from eriq.simulation.cohort import about_cohort
    from eriq.simulation.pieces import cohort_blocks
    from eriq.simulation.settings import load_simulation

    settings, truth = load_simulation(source.preset), list[pd.DataFrame]()
    told: dict[str, list[str]] = {name: [] for name in ("answers", *REGISTERS)}

    def drawn() -> Iterator[Mapping[str, pd.DataFrame]]:
        for made in cohort_blocks(settings, instrument, source.clients, source.seed):
            piece = {name: getattr(made, name) for name in told}
            for name, frame in piece.items():
                told[name].append(frame_digest(frame))
            truth.append(made.truth)
            yield piece

    with TemporaryDirectory(prefix="eriq-") as folder:
        paths = {name: Path(folder) / f"{name}.parquet" for name in told}
        write_pieces(drawn(), paths)
        answers, problems = check_answers(read_declared(paths["answers"], coded=True).frame, instrument, today)
        checked: dict[TableName, tuple[pd.DataFrame, list[Problem]]] = {
            name: check_register(read_declared(paths[name], coded=True).frame, name, today) for name in REGISTERS
        }
    registers, found = registers_of(checked)
    digests = {name: hashlib.sha256("".join(parts).encode()).hexdigest() for name, parts in told.items()}
    whole = pd.concat(truth, ignore_index=True)
    return Intake(answers, registers, digests, None, whole, about_cohort(settings), problems + found)
