"""Words of directions, certainty and horizons; what cannot be assessed never reads as no effect."""

from collections.abc import Iterable

from eriq.catalogues import Language, catalogue
from eriq.evidence.catalogue import Basis, Catalogue, Fact


def about_groups(language: Language) -> str:
    """Return the line that stands beside every option.

    >>> about_groups("en")
    'Evidence about groups, not a prediction for this person.'
    """
    _ = catalogue(language).gettext
    return _("Evidence about groups, not a prediction for this person.")


def no_evidence(language: Language) -> str:
    """Return the answer where no study covers somebody's groups.

    >>> no_evidence("en")
    'No evidence for this group.'
    """
    _ = catalogue(language).gettext
    return _("No evidence for this group.")


def certainty_words(fact: Fact, language: Language) -> str:
    """Return how sure a finding is; none is of high certainty."""
    _ = catalogue(language).gettext
    return {
        "moderate": _("probably (moderate certainty)"),
        "low": _("possibly (low certainty)"),
        "very_low": _("cannot be assessed (very low certainty)"),
        "not_graded": _("certainty not graded"),
    }[fact.certainty]


def found_words(fact: Fact, outcome: str, language: Language) -> str:
    """Return what was found of an outcome."""
    _ = catalogue(language).gettext
    return {
        "positive": _("more favourable than the comparison: %(outcome)s"),
        "null_or_negligible": _("no difference, or a negligible one: %(outcome)s"),
        "no_significant_difference": _("a single trial, which could not tell a difference: %(outcome)s"),
        "negative": _("less favourable than the comparison: %(outcome)s"),
        "mixed": _("pointing both ways: %(outcome)s"),
        "unknown": _("cannot be assessed, the studies do not suffice: %(outcome)s"),
        "no_studies": _("no studies: %(outcome)s"),
    }[fact.direction] % {"outcome": outcome}


def horizon_words(fact: Fact, language: Language) -> str:
    """Return how long people were followed, as a class and as the source says it."""
    _ = catalogue(language).gettext
    words = {
        "short": _("short term, to 12 months"),
        "long": _("long term, to 24 months"),
        "longer": _("longer than 24 months"),
        "short_and_long": _("short and long term"),
        "not_stated": _("time not stated"),
    }[fact.horizon_class]
    stated = fact.horizon.in_(language) if fact.horizon else ""
    return f"{words}: {stated}" if stated and stated != words else words


def source_words(fact: Fact, evidence: Catalogue, language: Language) -> str:
    """Return title and table of the source; slides and advocacy are named as such."""
    _ = catalogue(language).gettext
    source = evidence.sources[fact.source]
    kind = {"slides": _("slides"), "advocacy": _("advocacy report"), "own": _("own source")}.get(source.kind)
    cited = f"{fact.id}: {source.title}, {fact.place.in_(language)}"
    return f"{cited} ({kind})" if kind else cited


def bases(facts: Iterable[str], evidence: Catalogue, language: Language) -> list[str]:
    """Return what the sources of some findings rest on, each source once.

    >>> from eriq.evidence.catalogue import load_catalogue
    >>> [line[-31:] for line in bases(["SL-01", "SL-04"], load_catalogue(), "en")]
    ['2,902 participants, 70 % women.']
    """
    sources = [evidence.sources[name] for name in dict.fromkeys(evidence.facts[fact].source for fact in facts)]
    return [f"{source.title}: {source.basis.in_(language)}." for source in sources if source.basis is not None]


def population_words(fact: Fact, evidence: Catalogue, language: Language) -> str:
    """Return whom it is about, and whom not."""
    _ = catalogue(language).gettext
    population = evidence.populations[fact.population]
    if population.exclusions is None:
        return population.words(language)
    left_out = _("left out:")
    return f"{population.words(language)}; {left_out} {population.exclusions.in_(language)}"


def caution_words(fact: Fact, evidence: Catalogue, language: Language, elsewhere: tuple[Fact, ...] = ()) -> str:
    """Return what must be known beside a finding, in sentences.

    Parameters
    ----------
    fact : Fact
    evidence : Catalogue
    language : {"en", "sv", "da"}
    elsewhere : tuple of Fact
        What says otherwise about other groups, so that it is not shown as an option here.
    """
    _ = catalogue(language).gettext
    said: list[str] = []
    if evidence.interventions[fact.intervention].needs_professional:
        said.append(_("Needs a health professional or a referral; not a choice for the caseworker."))
    if evidence.with_sanctions(fact):
        said.append(_("Shown for the harm that was found; never an option."))
    if fact.context is not None:
        said.append(_("Where: %(context)s.") % {"context": fact.context.in_(language)})
    if fact.comparison is not None:
        said.append(_("Compared with: %(comparison)s.") % {"comparison": fact.comparison.in_(language)})
    if fact.note is not None:
        said.append(_("Note: %(note)s.") % {"note": fact.note.in_(language)})
    for other in elsewhere:
        who = evidence.populations[other.population].words(language)
        found = found_words(other, other.outcome.in_(language), language)
        words = _("Another finding, for another group (%(id)s, %(population)s): %(found)s.")
        said.append(words % {"id": other.id, "population": who, "found": found})
    return " ".join(said)


def basis_words(basis: Basis, language: Language) -> str:
    """Return whether a source studied the link to an indicator, or it is our judgement."""
    _ = catalogue(language).gettext
    return {"studied": _("link: studied"), "our judgement": _("link: our judgement")}[basis]
