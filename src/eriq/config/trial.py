"""A randomised trial in one file: who was assigned what, by which chance, and what became of them, month by month."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from eriq.config.files import Section, load_yaml, place_of, shipped
from eriq.config.messages import checked
from eriq.config.versions import migrated
from eriq.errors import LeakageError, nearest

Share = Annotated[float, Field(ge=0, le=1)]


class Assignment(Section):
    """Columns that say who was assigned what, and by which chance; never predictors."""

    arm: str
    stratum: str | None = Field(None, description="Within which the lot was drawn.")
    probability: str | None = Field(None, description="Of the arm somebody got; none: the same for everybody.")

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are declared."""
        return tuple(name for name in (self.arm, self.stratum, self.probability) if name is not None)

    def refuse(self, features: tuple[str, ...]) -> None:
        """Raise LeakageError when one of them is declared as something known before the trial."""
        if taken := [name for name in self.columns if name in features]:
            raise LeakageError(
                f"{len(taken)} column(s) tell how the trial assigned people, and are never features: {', '.join(taken)}"
            )


class SimulatedArm(Section):
    """What becomes of people in one arm, as published figures have it."""

    kinds: dict[str, Share] = Field(description="Share in each kind of work in the last month.")
    men_less_women: float = Field(0, description="Difference in the share in any kind, men less women.")
    answered: Share


class SimulatedTrial(Section):
    """A made-up trial with given shares; it proves the pipeline and says nothing of the support."""

    kind: Literal["simulated"]
    seed: int = Field(ge=0)
    sites: tuple[int, ...] = Field(min_length=1, description="People in each site.")
    chances: tuple[tuple[float, ...], ...] = Field(
        min_length=1, description="Assignment probabilities of the arms, in their order, one list for each period."
    )
    arms: dict[str, SimulatedArm]
    grows_from: int = Field(ge=1, description="Month from which arms part.")
    registered: Share = Field(description="Share in work or registered in the last month.")
    observed: dict[int, Share] = Field(default={}, description="month -> share observed then; other months: all.")
    flags: dict[str, Share] = Field(description="Share of each baseline fact; sex by the share of women.")
    age: tuple[float, float, float] = Field(description="Youngest, commonest and oldest.")


class TrialTables(Section):
    """Two tables: a row per person, and a row per person and month."""

    kind: Literal["tables"]
    persons: Path
    states: Path = Field(description="client, month, state; months that nobody saw have no row.")


class TrialConfig(Section):
    """A trial, read as a trial."""

    version: Literal[1]
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    notice: str = Field("", description="Printed on the page, for example the origin of the data.")
    source: Annotated[SimulatedTrial | TrialTables, Field(discriminator="kind")]
    client: str = "client"
    assignment: Assignment
    reference: str = Field(description="The arm that others are compared with.")
    sex: str | None = None
    baseline: tuple[str, ...] = Field((), description="Columns known before the lot was drawn, for the balance.")
    answered: str | None = Field(None, description="Column of 1 where the survey was answered.")
    kinds: tuple[str, ...] = Field(min_length=1, description="Kinds of work, as states are called.")
    outcomes: dict[str, tuple[str, ...]] = Field(min_length=1, description="name -> states that count, together.")
    months: tuple[int, ...] = Field(min_length=1, description="Months whose contrasts are shown; shares are of all.")
    level: float = Field(0.95, gt=0.5, lt=1)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        self.assignment.refuse(self.baseline)
        if isinstance(self.source, SimulatedTrial):
            arms = tuple(self.source.arms)
            if self.reference not in arms:
                raise ValueError(f"there is no arm '{self.reference}'.{nearest(self.reference, arms)}")
            if any(len(chance) != len(arms) or abs(sum(chance) - 1) > 1e-9 for chance in self.source.chances):
                raise ValueError(f"source.chances: {len(arms)} chances that add up to 1, for each period")
        return self


def load_trial(config: str | Path) -> TrialConfig:
    """Read and check the file of a trial, or a shipped one by its name; paths are relative to the file.

    Raises
    ------
    ConfigError
        With every problem at once.
    LeakageError
        When a column of the assignment is declared as a baseline fact.

    Examples
    --------
    >>> load_trial("swedish-trial").reference
    'FS'
    """
    path = shipped("trials", config)
    trial = checked(TrialConfig, migrated(load_yaml(path))[0], f"{path.name} is not a valid trial:")
    if isinstance(trial.source, TrialTables):
        places = {name: place_of(path, "trials", config, getattr(trial.source, name)) for name in ("persons", "states")}
        return trial.model_copy(update={"source": trial.source.model_copy(update=places)})
    return trial
