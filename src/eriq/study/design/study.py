"""One study population, and how it came about."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from eriq.features import Feature
from eriq.instrument.instrument import Instrument
from eriq.study.design.contender import Contender
from eriq.study.design.design import Design
from eriq.tables.cohort import Flow
from eriq.tables.intake import Intake


@dataclass(frozen=True, slots=True, eq=False)
class Study:
    """One population with everything a comparison needs, and how it came about."""

    design: Design
    features: tuple[Feature, ...]
    contenders: tuple[Contender, ...]
    instrument: Instrument | None
    outcome_words: str
    horizon_days: int
    observe_days: int  # after this many days the outcome of a row is known
    flow: Flow
    n_read: int
    digests: dict[str, str]
    about: str = ""
    truth: np.ndarray | None = None  # true probability per row, where people were made up
    intake: Intake | None = None
    remarks: tuple[str, ...] = ()  # how far the registers see, and what counts
    left_rules: pd.DataFrame | None = None  # with each rule for who left for good, where anybody did
    censoring: pd.DataFrame | None = None  # what the weights of rows are like, where censored ones are stood for
    external: np.ndarray | None = None  # true for rows of a fixed external set, never trained on

    @property
    def home(self) -> Design:
        """The rows that may be learned from: all but a fixed external set."""
        return self.design if self.external is None else self.design.take(np.flatnonzero(~self.external))

    @property
    def judged(self) -> Design:
        """The rows whose outcome is known."""
        return self.design.judged()

    @property
    def n_clients(self) -> int:
        """Number of people with a row whose outcome is known."""
        return len(np.unique(self.judged.client))


def summary(study: Study) -> str:
    """Return who is in and who was left out, as a terminal prints it."""
    lines = [f"{count:>7,} left out: {why}" for why, count in study.flow]
    design = study.judged
    head = f"{study.n_read:,} answered waves read"
    tail = (
        f"{len(design.outcome):,} rows of {study.n_clients:,} clients in; {int(design.outcome.sum()):,} with "
        f"{study.outcome_words} ({design.rate:.1%}{'' if design.weight is None else ' by weight'})"
    )
    notices = study.intake.notices if study.intake else ()
    return "\n".join([head, *lines, tail, *notices, *study.remarks])
