"""What is known about a column before any model."""

from dataclasses import dataclass
from typing import Literal

from eriq.instrument.texts import Texts

Kind = Literal["continuous", "ordinal", "flag", "category"]
Part = Literal["belief", "caseworker_rest", "client", "register_basic", "register_history", "changes"]
PARTS: tuple[Part, ...] = ("belief", "caseworker_rest", "client", "register_basic", "register_history", "changes")
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
    levels: tuple[str, ...] = ()
    labels: Texts = NO_LABELS

    @property
    def column(self) -> str:
        """The name without its block, as a ready table has it."""
        return self.name.split(".", 1)[-1]

    @property
    def respondent(self) -> str:
        """Whose knowledge the column holds: caseworker, client or register."""
        by_part = {"belief": "caseworker", "caseworker_rest": "caseworker", "client": "client", "changes": "changes"}
        return by_part.get(self.part, "register")
