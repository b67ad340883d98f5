"""What support costs and what it may bring, in one file; an effect is entered with its interval and never assumed."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from eriq.config.files import Section, load_yaml, shipped
from eriq.config.messages import checked
from eriq.config.versions import migrated
from eriq.errors import nearest


class Effect(Section):
    """A difference in the share in work, from a study of those it is used for; a forecast is not an effect."""

    difference: float = Field(gt=-1, lt=1, description="Share in work with the support less share without.")
    low: float = Field(gt=-1, lt=1)
    high: float = Field(gt=-1, lt=1)
    source: str = Field(min_length=1, description="The study it is from.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.low <= self.difference <= self.high:
            raise ValueError("an effect lies between low and high")
        return self


class Role(Section):
    """A member of staff."""

    monthly_pay: float = Field(gt=0)


class Staff(Section):
    """Pay by role, and what an hour costs."""

    on_cost_rate: float = Field(ge=0, description="Costs on top of pay, as a share of it.")
    hours_per_month: float = Field(gt=0)
    roles: dict[str, Role]


class Time(Section):
    """Time of one role for one participant."""

    hours_per_week: tuple[float, ...] = Field(description="One for each period.")
    stated: float | None = Field(
        None, ge=0, description="Cost per participant where the books have it; counts instead of hours times cost."
    )


class Arm(Section):
    """What one kind of support takes."""

    participants: int = Field(gt=0)
    time: dict[str, Time] = Field(default={}, description="By role.")
    totals: dict[str, float] = Field(default={}, description="Money for all participants together, by item.")


class Benefit(Section):
    """What work brings: pay as the employer bears it."""

    arm: str
    reference: str
    effect: Effect
    monthly_wage: float = Field(gt=0, description="With on-costs, full time.")
    extent: float = Field(gt=0, le=1, description="Hours worked, as a share of full time.")
    subsidy_rate: float = Field(ge=0, le=1, description="Share of pay that the public bears.")
    displacement: float = Field(ge=0, le=1, description="Share of the jobs that others would have had.")
    yearly_loss: float = Field(ge=0, lt=1, description="Share of the gain that goes each year.")
    years: tuple[int, ...] = Field(min_length=1)


class ForList(Section):
    """Support offered to those on a list, such as the highest of a score file."""

    people: int = Field(gt=0)
    years: int = Field(gt=0)
    effect: Effect = Field(description="On the people of this list; no default, as a forecast is not an effect.")


class Costs(Section):
    """What support costs, what it may bring, and how sure that is."""

    version: Literal[1]
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    currency: str = Field(min_length=1)
    source: str = Field(min_length=1)
    staff: Staff
    weeks: tuple[float, ...] = Field(min_length=1, description="Length of each period.")
    arms: dict[str, Arm] = Field(min_length=1)
    benefit: Benefit | None = None
    sensitivity: dict[
        Literal["monthly_wage", "extent", "subsidy_rate", "displacement", "yearly_loss"], tuple[float, ...]
    ] = Field(default={}, description="Other values to reckon with, one at a time.")
    for_list: ForList | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        problems = []
        for name, arm in self.arms.items():
            for role, time in arm.time.items():
                if role not in self.staff.roles:
                    problems.append(f"arms.{name}: role '{role}' has no pay.{nearest(role, self.staff.roles)}")
                if len(time.hours_per_week) != len(self.weeks):
                    problems.append(f"arms.{name}.{role}: one number of hours for each of {len(self.weeks)} period(s)")
        if self.benefit is None:
            if self.for_list is not None or self.sensitivity:
                problems.append("for_list and sensitivity need the section benefit")
        else:
            named = [name for name in (self.benefit.arm, self.benefit.reference) if name not in self.arms]
            problems += [f"benefit: there is no arm '{name}'.{nearest(name, self.arms)}" for name in named]
        if problems:
            raise ValueError("; ".join(problems))
        return self


def load_costs(config: str | Path) -> Costs:
    """Read and check a file of costs, or a shipped one by its name.

    Raises
    ------
    ConfigError
        With every problem at once.

    Examples
    --------
    >>> load_costs("swedish-trial").arms["SE"].participants
    370
    """
    path = shipped("costs", config)
    return checked(Costs, migrated(load_yaml(path))[0], f"{path.name} is not a valid file of costs:")
