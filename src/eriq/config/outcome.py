"""What is predicted, by name."""

from typing import Literal

from pydantic import Field

from eriq.config.files import Section

Work = Literal["work_unsubsidised", "work_subsidised", "work_sheltered"]
Status = Literal[
    "work_unsubsidised",
    "work_subsidised",
    "work_sheltered",
    "education",
    "social_assistance",
    "unemployment_benefit",
    "sickness_benefit",
    "disability_benefit",
    "activation",
]


class Outcome(Section):
    """What is predicted: named, and printed beside every number."""

    name: str
    words: str = Field(description="The outcome in one phrase, as a report prints it.")
    kinds: tuple[Status, ...] = Field(min_length=1)
    horizon_days: int = Field(365, gt=0)
    minimum_weeks: int = Field(4, ge=0, description="Shortest spell that counts as an entry.")
    measure: Literal["entry", "state"] = "entry"
    at_risk: Literal["not_in_kinds", "everyone"] = "not_in_kinds"

    @property
    def observe_days(self) -> int:
        """Days of follow-up needed before a "no" can be told from "not yet known"."""
        return self.horizon_days + (7 * self.minimum_weeks if self.measure == "entry" else 0)


_PAID: tuple[Status, ...] = ("work_unsubsidised", "work_subsidised")
_FOUR: tuple[Status, ...] = (*_PAID, "work_sheltered", "education")
OUTCOMES = {
    o.name: o
    for o in (
        Outcome(name="job_entry_12m", words="job entry within 12 months", kinds=_PAID),
        Outcome(
            name="job_entry_12m_unsubsidised",
            words="entry into unsubsidised work within 12 months",
            kinds=("work_unsubsidised",),
        ),
        Outcome(
            name="trial_any_15m",
            words="in unsubsidised, subsidised or sheltered work or in education 15 months later",
            kinds=_FOUR,
            horizon_days=456,
            minimum_weeks=0,
            measure="state",
            at_risk="everyone",
        ),
        Outcome(
            name="trial_work_15m",
            words="in unsubsidised, subsidised or sheltered work 15 months later",
            kinds=(*_PAID, "work_sheltered"),
            horizon_days=456,
            minimum_weeks=0,
            measure="state",
            at_risk="everyone",
        ),
    )
}
