"""For whom a model works: which groups are looked at, who would be picked, and which gaps would be small."""

from collections.abc import Mapping
from typing import Literal, Self

from pydantic import Field, model_validator

from eriq.config.files import Section

Pick = Literal["highest", "lowest", "middle"]
GroupMeasure = Literal[
    "auc",
    "calibration_in_the_large",
    "calibration_slope",
    "net_benefit",
    "false_negative_rate",
    "false_positive_rate",
    "share_picked",
    "mean_forecast",  # of scores alone, before outcomes exist
]
TOLERANCE: Mapping[GroupMeasure, float] = {
    "auc": 0.05,
    "calibration_in_the_large": 0.25,
    "calibration_slope": 0.25,
    "net_benefit": 0.02,
    "false_negative_rate": 0.10,
    "false_positive_rate": 0.05,
    "share_picked": 0.05,
    "mean_forecast": 0.05,
}


class Groups(Section):
    """What is looked at for each group of the audit columns, and what gap would be small."""

    columns: tuple[str, ...] | None = Field(
        None, description="Audit columns; none: all of sex, origin, age, job_centre, ... that the data have."
    )
    intersections: tuple[tuple[str, str], ...] | None = Field(
        None, description="Pairs of columns whose groups are crossed; none: sex with arm, where both are there."
    )
    age_bands: tuple[int, ...] = Field((30, 45, 55), description="First year of age of each band but the youngest.")
    pick: Pick = Field("highest", description="Whom a list of limited length holds.")
    share: float | None = Field(
        None, gt=0, lt=1, description="Room, as a share of the rows; none: the middle one of capacity.shares."
    )
    thresholds: tuple[float, ...] = Field(
        (), max_length=2, description="Forecasts that decide instead of room: one, for the middle two."
    )
    benefit_threshold: float | None = Field(
        None, gt=0, lt=1, description="Of the net benefit; none: the middle one of capacity.thresholds."
    )
    gap_tolerance: dict[GroupMeasure, float] = Field(
        dict(TOLERANCE), min_length=1, description="measure -> the gap up to which groups count as alike."
    )
    least: int = Field(20, ge=10, description="People with and without the outcome that a number rests on, at least.")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if wrong := [name for name, most in self.gap_tolerance.items() if not most > 0]:
            raise ValueError(f"gap_tolerance.{wrong[0]} must be above 0: no interval lies within nothing")
        wanted = 2 if self.pick == "middle" else 1
        if self.thresholds and len(self.thresholds) != wanted:
            raise ValueError(f"thresholds: pick '{self.pick}' takes {wanted}, and {len(self.thresholds)} are given")
        if any(not 0 < t < 1 for t in self.thresholds) or list(self.thresholds) != sorted(set(self.thresholds)):
            raise ValueError("thresholds must rise and lie between 0 and 1")
        if self.thresholds and self.share is not None:
            raise ValueError("share and thresholds both say who is picked: name one of them")
        if any(start < 1 for start in self.age_bands) or list(self.age_bands) != sorted(set(self.age_bands)):
            raise ValueError("age_bands must be whole years that rise")
        if any(first == second for first, second in self.intersections or ()):
            raise ValueError("intersections cross two different columns")
        return self
