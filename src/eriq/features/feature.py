"""What is known about a column before any model."""

from dataclasses import dataclass
from typing import Literal, get_args

from eriq.config import FlatColumn
from eriq.instrument.texts import Texts

Kind = Literal["continuous", "ordinal", "flag", "category"]
Part = Literal[
    "belief",
    "caseworker_rest",
    "client",
    "others",
    "form",
    "register_basic",
    "register_history",
    "changes",
    "setting",
    "indicators",
]  # others: of respondents that a questionnaire declares
PARTS: tuple[Part, ...] = get_args(Part)
NO_LABELS = Texts.same("-")


@dataclass(frozen=True, slots=True)
class Feature:
    """One column a model may use, and what is known about it before any model."""

    name: str
    part: Part
    kind: Kind = "continuous"
    monotone: int = 0
    item: str | None = None
    malleable: bool = False
    sensitive: bool = False  # never named in an explanation, a log or an export
    protected: bool = False
    indicate: bool = True  # a gap says something no other column says
    counted: bool = False  # a number of things
    levels: tuple[str, ...] = ()
    labels: Texts = NO_LABELS
    given: FlatColumn | None = None  # of a ready table: as its config declares the column

    @property
    def column(self) -> str:
        """The name without its block, as a ready table has it."""
        return self.name.split(".", 1)[-1]

    @property
    def of_whole_numbers(self) -> bool:
        """Whether a column that is made by our code holds places, flags or counts, and no other number."""
        return self.given is None and (self.counted or self.kind != "continuous")

    @property
    def example(self) -> str | float:
        """A cell of a ready table that can be read."""
        if self.levels:
            return self.levels[0]
        declared = self.given
        if declared is None:
            return 0
        if declared.kind == "date":
            return "2000-01-01"
        least = 0.0 if declared.low is None else max(0.0, declared.low)
        return least if declared.high is None else min(least, declared.high)

    @property
    def respondent(self) -> str:
        """Whose knowledge the column holds: caseworker, client, another respondent, form or register."""
        if self.part == "indicators":
            return self.name.split(".")[1]
        by_part = {"belief": "caseworker", "caseworker_rest": "caseworker", "others": self.name.split(".", 1)[0]}
        return "register" if self.recorded and self.part != "form" else by_part.get(self.part, self.part)

    @property
    def half(self) -> str:
        """The half of the questionnaire that gives the column: caseworker, client, another respondent, or none."""
        if self.part == "changes":
            return "client" if self.column == "client" else "caseworker"
        return (
            self.respondent
            if self.respondent in ("caseworker", "client") or self.part in ("others", "indicators")
            else ""
        )

    @property
    def of_waves(self) -> bool:
        """Whether earlier questionnaires are needed to give the column."""
        return self.part in ("changes", "setting")

    @property
    def recorded(self) -> bool:
        """Whether an office's tables give the column, and not the questionnaire."""
        return self.part in ("form", "register_basic", "register_history")
