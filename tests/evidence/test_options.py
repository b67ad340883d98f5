"""From indicator to options: whom a study was about comes first, conflicts stand together, sanctions never appear."""

from dataclasses import fields, replace
from itertools import pairwise

import pytest

from eriq.catalogues import LANGUAGES
from eriq.errors import ConfigError, InstrumentError
from eriq.evidence import Option, load_catalogue, options_for
from eriq.evidence.catalogue import Catalogue, Link
from eriq.instrument.instrument import load_instrument

INSTRUMENT = load_instrument("eriq22")
ASSISTANCE = frozenset({"long-term-social-assistance"})
TRIAL = frozenset({"activity-compensation-19-29"})
SICK = frozenset({"sick-listed-common-mental"})
DENMARK = frozenset({"activity-ready-denmark"})


def options(indicator: str, groups: frozenset[str], catalogue: Catalogue | None = None) -> tuple[Option, ...]:
    return options_for(INSTRUMENT, indicator, groups, "en", catalogue)


def linked(indicator: str, *interventions: str) -> Catalogue:
    """Return the evidence with these links alone."""
    links = tuple(Link(indicator=indicator, intervention=name, basis="our judgement") for name in interventions)
    return replace(load_catalogue(), links=links)


def test_population_comes_first():
    """Nobody's groups, another group, or a group the study left out: no option at all, which is an answer."""
    assert options("work_skills", ASSISTANCE)
    assert options("work_skills", frozenset()) == ()
    assert options("work_skills", SICK) == ()
    assert options("work_skills", ASSISTANCE | {"newly-arrived"}) == ()
    assert options("network", ASSISTANCE) == ()


def test_every_option_is_about_the_groups():
    """Whatever the indicator and groups, each finding shown is about people of those groups, and on no sanction."""
    evidence = load_catalogue()
    for groups in (ASSISTANCE, ASSISTANCE | {"young"}, TRIAL, TRIAL | {"women"}, SICK, DENMARK, ASSISTANCE | DENMARK):
        for indicator in INSTRUMENT.indicators:
            for option in options(indicator, groups):
                for name in option.facts:
                    assert evidence.covers(evidence.facts[name], groups)
                    assert not evidence.with_sanctions(evidence.facts[name])


@pytest.mark.parametrize("language", LANGUAGES)
def test_unknown_never_reads_as_no_effect(language):
    """What cannot be assessed is worded apart from no difference, in sentence and certainty."""
    evidence = load_catalogue()
    said = {
        fact.direction: option.found.split(":")[0]
        for groups in (ASSISTANCE | {"young"}, SICK)
        for indicator in INSTRUMENT.indicators
        for option in options_for(INSTRUMENT, indicator, groups, language)
        for fact in [evidence.facts[option.facts[0]]]
    }
    assert {"unknown", "null_or_negligible"} <= said.keys()
    assert len(set(said.values())) == len(said)
    bad = {"en": "no difference", "sv": "ingen", "da": "ingen"}[language]
    assert bad not in said["unknown"]


def test_conflicts_stand_side_by_side():
    """Wage subsidy to whom both reviews apply: the null and the favourable finding follow each other, unaveraged."""
    shown = [option.facts[0] for option in options("work_confidence", ASSISTANCE | DENMARK)]
    assert ("SA-17", "SEM-08") in set(pairwise(shown))


def test_a_conflict_elsewhere_is_named():
    """Where the other finding is about another group, the option says so and shows no option of that group."""
    (subsidy,) = [option for option in options("work_confidence", DENMARK) if option.facts == ("SEM-08",)]
    assert "SA-17" in subsidy.caution
    (ips,) = [option for option in options("health_coping", SICK) if option.facts == ("SL-18",)]
    assert "POL-02" in ips.caution


def test_recession_says_so():
    """A finding that holds in a recession only names it."""
    shown = options("cooperation", ASSISTANCE | {"young"})
    (recession,) = [option for option in shown if "SA-14" in option.facts]
    assert "recession" in recession.caution


def test_a_therapy_needs_a_professional():
    """Every option of a therapy is marked, and says that it is no choice for the caseworker."""
    evidence = load_catalogue()
    shown = options("health_coping", SICK)
    assert any(evidence.interventions[evidence.facts[o.facts[0]].intervention].kind == "therapy" for o in shown)
    assert all(option.needs_professional and "not a choice for the caseworker" in option.caution for option in shown)


def test_sanctions_are_never_an_option():
    """A link past the check of files still shows nothing, nor does a conflict bring it in."""
    assert options("belief", DENMARK, linked("belief", "alle-i-gang")) == ()
    shown = options("belief", DENMARK | {"recently-unemployed"}, linked("belief", "meetings"))
    assert [option.facts for option in shown] == [("SEM-10",)]
    assert "SEM-05," not in shown[0].caution


def test_belief_leads_to_what_the_service_can_do():
    """Beside belief stand measures of the service, the first of them studied."""
    shown = options("belief", DENMARK)
    assert [option.facts[0] for option in shown] == ["SEM-01", "SEM-02", "SEM-03", "SEM-04"]
    assert [option.basis for option in shown] == ["studied", *["our judgement"] * 3]


def test_order_is_certainty_then_id():
    """Nothing of a person orders options: moderate first, then low, ungraded, very low."""
    sure = [option.certainty.split("(")[-1] for option in options("work_skills", ASSISTANCE)]
    assert sure == ["moderate certainty)"] * 2 + ["low certainty)"] * 2 + ["certainty not graded"]


def test_what_is_not_known_of_one_intervention_is_one_option():
    """Outcomes that cannot be assessed are listed together, none dropped."""
    shown = options("health_coping", SICK)
    together = next(option for option in shown if "SL-13" in option.facts)
    assert together.facts == ("SL-13", "SL-14", "SL-15", "SL-16", "SL-17")
    assert {"SL-11", "SL-12"} <= {name for option in shown for name in option.facts}


def test_every_field_is_said():
    """Harms, source, population and time are never empty, in any language."""
    for language in LANGUAGES:
        for option in options_for(INSTRUMENT, "health_coping", SICK, language):
            assert all(getattr(option, field.name) not in ("", ()) for field in fields(option))


def test_unknown_names_are_refused():
    """A misspelt group or indicator is a named error, never an empty answer."""
    with pytest.raises(ConfigError, match="long-term-social-assistance"):
        options("belief", frozenset({"long-term-social-asistance"}))
    with pytest.raises(InstrumentError, match="belief"):
        options("belif", ASSISTANCE)
