"""What is predicted, by name."""

from typing import Literal, Self

from pydantic import Field, model_validator

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
    "registered",
]
LeftRule = Literal["no_entry", "censored"]


class Outcome(Section):
    """What is predicted: named, and printed beside every number."""

    name: str
    words: str = Field(description="The outcome in one phrase, as a report prints it.")
    kinds: tuple[Status, ...] = Field(min_length=1)
    horizon_days: int = Field(365, gt=0)
    minimum_weeks: int = Field(4, ge=0, description="Shortest spell that counts as an entry.")
    bridge_days: int = Field(7, ge=0, description="Spells this few days apart are joined before their length counts.")
    minimum_hours: float | None = Field(None, gt=0, le=100, description="Fewest hours a week of work that counts.")
    unknown_hours: Literal["leave_out", "count"] = Field(
        "leave_out", description="What a spell of work without hours is worth where minimum_hours is asked for."
    )
    measure: Literal["entry", "state"] = "entry"
    since: Literal["answer", "service_end"] = Field("answer", description="Where the horizon begins.")
    service_days: int = Field(365, gt=0, description="A service must end this soon after the answer.")
    at_risk: Literal["not_in_kinds", "everyone"] = "not_in_kinds"
    left: LeftRule = Field("no_entry", description="Death, emigration or pension within the window.")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.since == "service_end" and self.measure != "state":
            raise ValueError("since: service_end is known only for measure: state")
        if self.minimum_hours is not None and not any(kind.startswith("work_") for kind in self.kinds):
            raise ValueError("minimum_hours needs a kind of work among kinds")
        return self

    @property
    def observe_days(self) -> int:
        """Days of follow-up needed before a "no" can be told from "not yet known"."""
        if self.measure == "entry":
            return self.horizon_days + 7 * self.minimum_weeks
        return self.horizon_days + (self.service_days if self.since == "service_end" else 0)


_PAID: tuple[Status, ...] = ("work_unsubsidised", "work_subsidised")
_WORK: tuple[Status, ...] = (*_PAID, "work_sheltered")
_FOUR: tuple[Status, ...] = (*_WORK, "education")


def _state(name: str, words: str, kinds: tuple[Status, ...]) -> Outcome:
    """Return where everyone is 15 months after the answer, as the Swedish trial reports."""
    return Outcome(
        name=name,
        words=words,
        kinds=kinds,
        horizon_days=456,
        minimum_weeks=0,
        measure="state",
        at_risk="everyone",
    )


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
            name="some_ordinary_hours",
            words="some hours of unsubsidised work within 12 months",
            kinds=("work_unsubsidised",),
            minimum_weeks=0,
            minimum_hours=1,
        ),
        _state("trial_any_15m", "in unsubsidised, subsidised or sheltered work or in education 15 months later", _FOUR),
        _state("trial_work_15m", "in unsubsidised, subsidised or sheltered work 15 months later", _WORK),
        _state(
            "work_or_registered_15m",
            "in unsubsidised, subsidised or sheltered work or still registered as a jobseeker 15 months later",
            (*_WORK, "registered"),
        ),
        Outcome(
            name="after_service_90d",
            words="in work or education 90 days after leaving the service that went on at the answer",
            kinds=_FOUR,
            horizon_days=90,
            minimum_weeks=0,
            measure="state",
            since="service_end",
            at_risk="everyone",
        ),
    )
}
