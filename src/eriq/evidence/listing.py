"""The catalogue of evidence as a table, a page and plain text."""

import textwrap
from collections.abc import Iterable, Sequence
from typing import Literal

import pandas as pd

from eriq.catalogues import Language, catalogue
from eriq.evidence import words
from eriq.evidence.catalogue import Catalogue, Fact
from eriq.evidence.options import Option
from eriq.pages import render

Form = Literal["text", "csv", "html"]
WIDTH = 100  # characters of a terminal line


def fact_option(fact: Fact, evidence: Catalogue, language: Language) -> Option:
    """Return a fact in words, as it stands in the catalogue: listed for everybody, also what is never an option."""
    return Option(
        intervention=evidence.interventions[fact.intervention].name.in_(language),
        found=words.found_words(fact, fact.outcome.in_(language), language),
        certainty=words.certainty_words(fact, language),
        horizon=words.horizon_words(fact, language),
        population=words.population_words(fact, evidence, language),
        basis="studied",
        needs_professional=evidence.interventions[fact.intervention].needs_professional,
        harms=fact.harms.in_(language),
        source=words.source_words(fact, evidence, language),
        caution=words.caution_words(fact, evidence, language),
        facts=(fact.id, *fact.beside),
    )


def table_of(options: Iterable[Option], language: Language, *, linked: bool) -> pd.DataFrame:
    """Return one row per option, columns headed in the language.

    Parameters
    ----------
    options : iterable of Option
    language : {"en", "sv", "da"}
    linked : bool
        Whether they stand beside an indicator, so that the basis of the link is told.
    """
    _ = catalogue(language).gettext
    rows = [
        {
            _("What"): option.intervention,
            _("What was found"): option.found,
            _("How sure"): option.certainty,
            _("Time"): option.horizon,
            _("About whom"): option.population,
            **({_("Link"): words.basis_words(option.basis, language)} if linked else {}),
            _("Harms"): option.harms,
            _("To know"): option.caution,
            _("Source"): option.source,
        }
        for option in options
    ]
    return pd.DataFrame(rows)


def written(table: pd.DataFrame, heading: str, form: Form, language: Language, rests_on: Sequence[str] = ()) -> str:
    """Return a table of evidence as text, CSV or a page; an empty one says that there is none for the group.

    `rests_on` is what `eriq.evidence.words.bases` says of the sources.

    Examples
    --------
    >>> print(written(pd.DataFrame(), "Network", "text", "en"))
    Network
    Evidence about groups, not a prediction for this person.
    <BLANKLINE>
    No evidence for this group.
    """
    if form == "csv":
        return table.to_csv(index=False).rstrip("\n")
    if form == "html":
        return render("evidence.html", in_language=language, heading=heading, found=table, rests_on=rests_on)
    lines = [heading, words.about_groups(language), ""]
    if table.empty:
        return "\n".join([*lines, words.no_evidence(language)])
    for row in table.to_dict("records"):
        what, *rest = [(str(name), str(value)) for name, value in row.items() if value]
        lines.append(what[1])
        lines += [textwrap.fill(f"{n}: {v}", WIDTH, initial_indent="  ", subsequent_indent="    ") for n, v in rest]
    return "\n".join([*lines, "", *(textwrap.fill(line, WIDTH) for line in rests_on)]).rstrip()
