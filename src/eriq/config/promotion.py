"""What a model must show before an alias points at it."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from eriq.config.files import KeyFile, Section, load_yaml
from eriq.config.groups import GroupMeasure
from eriq.config.messages import checked
from eriq.config.versions import migrated


class GroupGates(Section):
    """For which groups a model must have been shown to work alike."""

    require: tuple[str, ...] = Field((), description="Audit columns whose every gap needs a verdict that is accepted.")
    measures: tuple[GroupMeasure, ...] | None = Field(None, description="Measures that count; null: all there are.")
    accept: tuple[Literal["insufficient evidence", "not assessable"], ...] = Field(
        (), description="Verdicts accepted beside 'no gap shown'; a gap that is shown never is."
    )


class Gates(Section):
    """What a model must show before it gets an alias such as champion."""

    version: Literal[1] = 1
    calibration_slope: tuple[float, float] | None = Field(
        (0.75, 1.33), description="The whole interval of the slope lies within; null: not asked."
    )
    not_worse: dict[Literal["log_loss", "brier", "auc"], float] = Field(
        {"log_loss": 0.005}, description="measure -> how much worse than the present model it may be, at most."
    )
    fairness: Literal["required", "not_required"] = Field(
        "not_required", description="required: there are verdicts on groups, and no gap is shown."
    )
    groups: GroupGates = GroupGates()
    trusted_keys: tuple[KeyFile, ...] | None = Field(
        None, min_length=1, description="Public key files, one of which must have signed both models."
    )
    level: float = Field(0.95, gt=0.5, lt=1)
    replicates: int = Field(2000, ge=100, description="Bootstrap samples of clients.")
    seed: int = Field(1, ge=0)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.calibration_slope is not None and not 0 < self.calibration_slope[0] < 1 < self.calibration_slope[1]:
            raise ValueError("calibration_slope must be a range around 1, such as [0.75, 1.33]")
        if wrong := [name for name, margin in self.not_worse.items() if margin < 0]:
            raise ValueError(f"not_worse.{wrong[0]} must not be negative: it is how much worse is still accepted")
        return self


def load_gates(path: Path | None = None) -> Gates:
    """Read and check the gates of a promotion; without a path those that are built in.

    Raises
    ------
    ConfigError
        With every problem at once, and the nearest known key for a misspelt one.

    Examples
    --------
    >>> load_gates().fairness
    'not_required'
    """
    if path is None:
        return Gates()
    gates = checked(Gates, migrated(load_yaml(path))[0], f"{path.name} is not a valid list of gates:")
    keys = gates.trusted_keys and tuple(path.parent / key for key in gates.trusted_keys)
    return gates.model_copy(update={"trusted_keys": keys})
