"""What studies found, looked up: as a list, one by one, or beside an item."""

from collections.abc import Sequence
from pathlib import Path

from eriq.catalogues import Language, catalogue
from eriq.errors import ConfigError, InstrumentError, nearest
from eriq.evidence.catalogue import load_catalogue
from eriq.evidence.listing import Form, fact_option, table_of, written
from eriq.evidence.options import options_for
from eriq.evidence.words import bases
from eriq.instrument.instrument import load_instrument


def listed(groups: Sequence[str], language: Language, form: Form, own: Sequence[Path] = ()) -> str:
    """Return every finding, or those about people of some groups.

    >>> "SA-08" in listed(["long-term-social-assistance"], "en", "text")
    True
    """
    evidence = load_catalogue(*own)
    members = evidence.known(groups)
    facts = [fact for fact in evidence.facts.values() if not members or evidence.covers(fact, members)]
    table = table_of([fact_option(fact, evidence, language) for fact in facts], language, linked=False)
    rests_on = bases([fact.id for fact in facts], evidence, language)
    return written(table, catalogue(language).gettext("What studies found"), form, language, rests_on)


def groups(language: Language, own: Sequence[Path] = ()) -> str:
    """Return the groups that there are, one a line."""
    return "\n".join(f"{name}: {words.in_(language)}" for name, words in load_catalogue(*own).groups.items())


def shown(fact: str, language: Language, form: Form, own: Sequence[Path] = ()) -> str:
    """Return one finding and those that say otherwise; ConfigError where there is none of this id."""
    evidence = load_catalogue(*own)
    if fact not in evidence.facts:
        raise ConfigError(f"no finding '{fact}' in the evidence.{nearest(fact, evidence.facts)}")
    beside = [evidence.facts[name] for name in (fact, *evidence.facts[fact].beside)]
    table = table_of([fact_option(one, evidence, language) for one in beside], language, linked=False)
    return written(table, fact, form, language, bases([one.id for one in beside], evidence, language))


def for_item(
    item: str, groups: Sequence[str], instrument: str, language: Language, form: Form, own: Sequence[Path] = ()
) -> str:
    """Return the options beside an item or an indicator, for people of some groups.

    Raises
    ------
    InstrumentError
        When the questionnaire has neither item nor indicator of this name.
    ConfigError
        When the evidence has no such group.
    """
    questionnaire = load_instrument(instrument)
    indicator = questionnaire.by_id[item].indicator if item in questionnaire.by_id else item
    if indicator not in questionnaire.indicators:
        hint = nearest(item, (*questionnaire.by_id, *questionnaire.indicators))
        raise InstrumentError(f"{questionnaire.label} has no item or indicator '{item}'.{hint}")
    evidence = load_catalogue(*own)
    options = options_for(questionnaire, indicator, frozenset(groups), language, evidence)
    heading = questionnaire.indicators[indicator].in_(language)
    rests_on = bases([fact for option in options for fact in option.facts], evidence, language)
    return written(table_of(options, language, linked=True), heading, form, language, rests_on)
