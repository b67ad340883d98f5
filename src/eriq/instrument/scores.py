"""Scores that a questionnaire declares: which items, how many answers at least, and what a gap counts as."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from pydantic import Field

from eriq.config import Section
from eriq.errors import nearest
from eriq.instrument.texts import Texts


class Score(Section):
    """The mean of some items, from 0 to 100, higher always more ready."""

    labels: Texts
    items: tuple[str, ...] = Field(min_length=1, description="Ids; their orientation says which are reversed.")
    least: int = Field(1, ge=1, description="With fewer answers there is no score.")
    gaps: Literal["mean", "worst"] = Field(
        "mean", description="A question without an answer: left out of the mean, or taken for the least ready answer."
    )


def problems_of_scores(scores: Mapping[str, Score], items: Iterable[str]) -> Iterator[str]:
    """Yield what is wrong with declared scores.

    >>> from eriq.instrument.texts import Texts
    >>> list(problems_of_scores({"work": Score(labels=Texts.same("Work"), items=("a", "b"), least=3)}, ["a", "b"]))
    ['score work: least is 3, and it has 2 items']
    """
    known = tuple(items)
    for name, score in scores.items():
        yield from (
            f"score {name}: item '{item}' is not defined.{nearest(item, known)}"
            for item in score.items
            if item not in known
        )
        if len(set(score.items)) < len(score.items):
            yield f"score {name}: an item is there twice"
        if score.least > len(score.items):
            yield f"score {name}: least is {score.least}, and it has {len(score.items)} items"
