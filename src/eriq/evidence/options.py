"""From an indicator to options with evidence: the population gate first, conflicts side by side, never a sanction."""

from collections.abc import Sequence
from dataclasses import dataclass

from eriq.catalogues import Language
from eriq.errors import InstrumentError, nearest
from eriq.evidence import words
from eriq.evidence.catalogue import Basis, Catalogue, Fact, load_catalogue
from eriq.instrument.instrument import Instrument

ORDER = ("moderate", "low", "not_graded", "very_low")  # nothing else orders options, and no forecast


@dataclass(frozen=True, slots=True)
class Option:
    """One finding about one intervention, in words; about groups, never about a person."""

    intervention: str
    found: str
    certainty: str
    horizon: str
    population: str
    basis: Basis
    needs_professional: bool
    harms: str
    source: str
    caution: str
    facts: tuple[str, ...]  # ids in the catalogue


def options_for(
    instrument: Instrument,
    indicator_id: str,
    groups: frozenset[str],
    language: Language,
    catalogue: Catalogue | None = None,
) -> tuple[Option, ...]:
    """Return what studies found that can be shown beside an indicator, for people of some groups.

    Parameters
    ----------
    instrument : Instrument
        The questionnaire that has the indicator.
    indicator_id : str
    groups : frozenset of str
        Groups somebody is declared to belong to, by their ids in the catalogue.
    language : {"en", "sv", "da"}
    catalogue : Catalogue, optional
        Other evidence than the shipped one.

    Returns
    -------
    tuple of Option
        By certainty, then by id; findings that say otherwise follow each other. Empty: no evidence for this group.

    Raises
    ------
    InstrumentError
        When the questionnaire has no such indicator.
    ConfigError
        When the catalogue has no such group.

    Examples
    --------
    >>> from eriq.instrument.instrument import load_instrument
    >>> groups = frozenset({"long-term-social-assistance"})
    >>> first, *_ = options_for(load_instrument("eriq22"), "work_skills", groups, "en")
    >>> first.intervention, first.certainty
    ('training at or linked to a workplace', 'probably (moderate certainty)')
    """
    evidence = catalogue or load_catalogue()
    if indicator_id not in instrument.indicators:
        hint = nearest(indicator_id, instrument.indicators)
        raise InstrumentError(f"{instrument.label} has no indicator '{indicator_id}'.{hint}")
    basis = {link.intervention: link.basis for link in evidence.links if link.indicator == indicator_id}
    members = evidence.known(groups)
    open_to = [fact for fact in evidence.facts.values() if allowed(fact, evidence, members)]
    chosen = [fact for fact in open_to if fact.intervention in basis]
    shown: list[list[Fact]] = []
    for fact in _side_by_side(chosen, open_to):
        alike = next((group for group in shown if _alike(group[0], fact)), None)
        if alike is None:
            shown.append([fact])
        else:
            alike.append(fact)
    return tuple(_option(f, evidence, language, basis.get(f[0].intervention, "our judgement"), members) for f in shown)


def allowed(fact: Fact, evidence: Catalogue, groups: frozenset[str]) -> bool:
    """Return whether a finding may be an option: it is about these people, and rests on no sanction."""
    return evidence.covers(fact, groups) and not evidence.with_sanctions(fact)


def _side_by_side(chosen: Sequence[Fact], open_to: Sequence[Fact]) -> list[Fact]:
    """Return facts by certainty, then id, each followed by those that say otherwise."""
    by_id = {fact.id: fact for fact in open_to}
    found: dict[str, Fact] = {}
    for fact in sorted(chosen, key=lambda fact: (ORDER.index(fact.certainty), fact.id)):
        for one in (fact, *(by_id[other] for other in fact.beside if other in by_id)):
            found.setdefault(one.id, one)
    return list(found.values())


def _alike(first: Fact, second: Fact) -> bool:
    """Return whether two facts say of one intervention, alike, that nothing is known: one option with all outcomes."""
    return first.direction in ("unknown", "no_studies") and all(
        getattr(first, name) == getattr(second, name)
        for name in ("intervention", "population", "source", "place", "direction", "certainty", "horizon_class", "note")
    )


def _option(
    facts: Sequence[Fact], evidence: Catalogue, language: Language, basis: Basis, groups: frozenset[str]
) -> Option:
    """Return facts that say the same in words."""
    fact = facts[0]
    against = [evidence.facts[other] for one in facts for other in one.beside]
    elsewhere = tuple(
        other for other in against if not (evidence.covers(other, groups) or evidence.with_sanctions(other))
    )
    outcome = "; ".join(dict.fromkeys(one.outcome.in_(language) for one in facts))
    intervention = evidence.interventions[fact.intervention]
    return Option(
        intervention=intervention.name.in_(language),
        found=words.found_words(fact, outcome, language),
        certainty=words.certainty_words(fact, language),
        horizon=words.horizon_words(fact, language),
        population=words.population_words(fact, evidence, language),
        basis=basis,
        needs_professional=intervention.needs_professional,
        harms=fact.harms.in_(language),
        source=words.source_words(fact, evidence, language),
        caution=words.caution_words(fact, evidence, language, elsewhere),
        facts=tuple(one.id for one in facts),
    )
