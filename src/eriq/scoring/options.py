"""What a score file shows, and how."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

from eriq.instrument.texts import Language

WithoutRegisters = Literal["refuse", "use"] | None  # None: rows of clients whom the registers do not know
Show = Literal["probability", "band", "reasons"]


@dataclass(frozen=True, slots=True)
class Options:
    """What a score file shows, and how."""

    language: Language | None = None  # none: the first that the questionnaire has
    reasons: int = 5
    show: Show = "probability"
    interval: bool = False
    today: dt.date | None = None
    consent_required: bool = False  # a table of answers without the column is refused
    answers_to: str | None = None  # what a row answers that does not say so itself; none: the model's own
    ranked: bool = False  # keep what ranking the whole run needs, in columns that begin with "_"
    without_registers: WithoutRegisters = None
    no_forecast_between: tuple[float, float] | None = None  # probabilities, ends included, that are not shown
    out_of_range: Literal["score", "withhold"] = "score"
    previous: pd.DataFrame | None = field(default=None, compare=False)  # ANSWERS, checked: what waves are counted from

    @property
    def may_withhold(self) -> bool:
        """Whether some forecast may not be shown."""
        return self.no_forecast_between is not None or self.out_of_range == "withhold"
