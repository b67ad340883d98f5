"""What studies found, in files: populations, interventions, facts with their source, and what is shown beside what."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Literal, Self, TypeVar

from pydantic import Field, model_validator

from eriq.catalogues import Language
from eriq.config import Section, checked, load_yaml, migrated
from eriq.config.files import all_shipped
from eriq.errors import ConfigError, bullets, nearest
from eriq.instrument.texts import Texts

T = TypeVar("T")
Certainty = Literal["moderate", "low", "very_low", "not_graded"]  # no finding of this field is of high certainty
Direction = Literal[
    "positive", "null_or_negligible", "no_significant_difference", "negative", "mixed", "unknown", "no_studies"
]
Horizon = Literal["short", "long", "longer", "short_and_long", "not_stated"]
Basis = Literal["studied", "our judgement"]
WITH_SANCTIONS = "meetings_with_sanctions"  # catalogued for its harm; never an option


class Population(Section):
    """Whom a study was about."""

    name: Texts
    members: tuple[str, ...] = Field(min_length=1, description="Groups somebody must belong to, all of them.")
    outside: tuple[str, ...] = Field((), description="Groups the study left out.")
    exclusions: Texts | None = Field(None, description="What was left out, in words.")

    def covers(self, groups: frozenset[str]) -> bool:
        """Return whether somebody of these groups is among those studied."""
        return groups.issuperset(self.members) and groups.isdisjoint(self.outside)

    def words(self, language: Language) -> str:
        """Return who, in words."""
        return self.name.in_(language)


class Source(Section):
    """Where facts are from."""

    title: str = Field(min_length=1)
    kind: Literal["review", "trial", "advocacy", "slides", "own"]
    basis: Texts | None = Field(None, description="What it rests on.")


class Intervention(Section):
    """What can be done."""

    name: Texts
    kind: str = Field(pattern=r"^[a-z_]+$")
    needs_professional: bool = Field(description="A referral to health care, not a choice for the caseworker.")

    @model_validator(mode="after")
    def _therapy_needs_professional(self) -> Self:
        if self.kind == "therapy" and not self.needs_professional:
            raise ValueError("a therapy needs a health professional")
        return self


class Fact(Section):
    """What one source reports of one intervention, population and outcome."""

    id: str = Field(pattern=r"^[A-Z]+-\d+$")
    intervention: str
    population: str
    source: str
    place: Texts = Field(description="Table or section of the source.")
    outcome: Texts
    comparison: Texts | None = None
    context: Texts | None = Field(None, description="Where it was found; a recession, a workplace that takes part.")
    horizon: Texts | None = None
    horizon_class: Horizon
    direction: Direction
    certainty: Certainty
    note: Texts | None = None
    harms: Texts = Field(description="What the source names, or that it names none.")
    beside: tuple[str, ...] = Field((), description="Facts that say otherwise; they are shown together.")

    @model_validator(mode="after")
    def _very_low_is_not_known(self) -> Self:
        if self.certainty == "very_low" and self.direction != "unknown":
            raise ValueError(f"{self.id}: of very low certainty, so its direction is unknown: it cannot be assessed")
        return self


class Link(Section):
    """An intervention that is shown beside an indicator."""

    indicator: str
    intervention: str
    basis: Basis = Field(description="Whether a source studied this very link.")


class EvidenceFile(Section):
    """A file of evidence; it may hold some of the sections, and what it refers to may stand in another file."""

    version: Literal[1]
    groups: dict[str, Texts] = Field({}, description="Groups that people may belong to.")
    sources: dict[str, Source] = Field(default={})
    populations: dict[str, Population] = Field(default={})
    interventions: dict[str, Intervention] = Field(default={})
    facts: tuple[Fact, ...] = ()
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All files of evidence together, checked."""

    groups: Mapping[str, Texts]
    sources: Mapping[str, Source]
    populations: Mapping[str, Population]
    interventions: Mapping[str, Intervention]
    facts: Mapping[str, Fact]
    links: tuple[Link, ...]

    def covers(self, fact: Fact, groups: frozenset[str]) -> bool:
        """Return whether a fact is about people of these groups."""
        return self.populations[fact.population].covers(groups)

    def with_sanctions(self, fact: Fact) -> bool:
        """Return whether a fact is about an intervention that rests on sanctions."""
        return self.interventions[fact.intervention].kind == WITH_SANCTIONS

    def known(self, groups: Iterable[str]) -> frozenset[str]:
        """Return groups as a set.

        Raises
        ------
        ConfigError
            When one is not in the catalogue.
        """
        asked = frozenset(groups)
        if unknown := sorted(asked - self.groups.keys()):
            hint = nearest(unknown[0], self.groups)
            raise ConfigError(f"{len(unknown)} group(s) that the evidence does not know: {', '.join(unknown)}.{hint}")
        return asked


@cache
def load_catalogue(*own: Path) -> Catalogue:
    """Read the shipped evidence, and files of one's own beside it.

    Parameters
    ----------
    *own : Path
        Files of the form of those in ``configs/evidence``; they may add groups, populations, facts and links.

    Returns
    -------
    Catalogue

    Raises
    ------
    ConfigError
        When a file is not valid, an id is there twice, or something it names is nowhere.

    Examples
    --------
    >>> len(load_catalogue().facts)
    70
    """
    files = [read_evidence(path) for path in (*all_shipped("evidence").values(), *own)]
    problems: list[str] = []
    facts = _once("fact", chain.from_iterable(((fact.id, fact) for fact in file.facts) for file in files), problems)
    found = Catalogue(
        groups=_once("group", chain.from_iterable(file.groups.items() for file in files), problems),
        sources=_once("source", chain.from_iterable(file.sources.items() for file in files), problems),
        populations=_once("population", chain.from_iterable(file.populations.items() for file in files), problems),
        interventions=_once("intervention", chain.from_iterable(f.interventions.items() for f in files), problems),
        facts=facts,
        links=tuple(link for file in files for link in file.links),
    )
    if problems := [*problems, *_loose_ends(found)]:
        raise ConfigError(bullets("the evidence does not hold together:", problems))
    return found


def read_evidence(path: Path) -> EvidenceFile:
    """Return one checked file of evidence; ConfigError with every problem at once."""
    return checked(EvidenceFile, migrated(load_yaml(path))[0], f"{path.name} is not valid evidence:")


def _once(what: str, named: Iterable[tuple[str, T]], problems: list[str]) -> dict[str, T]:
    """Return what is named, and note a name that is there twice."""
    found: dict[str, T] = {}
    for name, thing in named:
        if name in found:
            problems.append(f"{what} {name} is there more than once")
        found[name] = thing
    return found


def _loose_ends(catalogue: Catalogue) -> Iterator[str]:
    """Yield what refers to nothing, and links to what must never be an option."""
    for fact in catalogue.facts.values():
        for kind, name, known in (
            ("intervention", fact.intervention, catalogue.interventions),
            ("population", fact.population, catalogue.populations),
            ("source", fact.source, catalogue.sources),
            *(("fact", other, catalogue.facts) for other in fact.beside),
        ):
            if name not in known:
                yield f"{fact.id}: {kind} '{name}' is not defined.{nearest(name, known)}"
    for name, population in catalogue.populations.items():
        for group in (*population.members, *population.outside):
            if group not in catalogue.groups:
                yield f"population {name}: group '{group}' is not defined.{nearest(group, catalogue.groups)}"
    for link in catalogue.links:
        there = catalogue.interventions.get(link.intervention)
        if there is None:
            hint = nearest(link.intervention, catalogue.interventions)
            yield f"link {link.indicator}: intervention '{link.intervention}' is not defined.{hint}"
        elif there.kind == WITH_SANCTIONS:
            yield f"link {link.indicator}: {link.intervention} rests on sanctions and is never an option"
