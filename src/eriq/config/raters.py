"""Whether caseworkers may be named, and why: data about staff."""

from typing import Self

from pydantic import Field, model_validator

from eriq.config.excluded import refuse_judging_staff, refuse_sanctions
from eriq.config.files import Section

SHORTEST = 15  # characters of a reason


class Raters(Section):
    """Whether `eriq raters` may name caseworkers; without this nobody is named."""

    naming: bool = Field(
        False, description="Write one table of optimism by caseworker, for its owner alone and in no order of merit."
    )
    reason: str | None = Field(None, description="Why caseworkers are named; page and tracked run say it.")
    least: int = Field(10, ge=5, description="Clients that a caseworker who is named has at least.")

    @model_validator(mode="after")
    def _with_a_reason(self) -> Self:
        reason = (self.reason or "").strip()
        if self.naming and len(reason) < SHORTEST:
            raise ValueError(
                f"naming caseworkers needs a reason of {SHORTEST} characters or more; page and tracked run will say it"
            )
        refuse_sanctions([reason])
        refuse_judging_staff(reason)
        return self
