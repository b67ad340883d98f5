"""A questionnaire to begin with: a commented file that holds together and whose texts wait for an author."""

import re

from eriq.instrument.fits import RESPONDENTS, Respondent
from eriq.instrument.texts import Language

WORDS: dict[Language, tuple[str, str, str, tuple[str, ...], tuple[str, ...]]] = {
    "en": (
        "My questionnaire, {n} items", "Own wording.", "Question {k}: write it here",
        ("not at all", "a little", "mostly", "wholly"), ("not asked", "don't know", "prefers not to answer"),
    ),
    "sv": (
        "Mitt frågeformulär, {n} frågor", "Egen formulering.", "Fråga {k}: skriv den här",
        ("inte alls", "lite", "till stor del", "helt"), ("frågan ställdes inte", "vet inte", "vill inte svara"),
    ),
    "da": (
        "Mit spørgeskema, {n} spørgsmål", "Egen formulering.", "Spørgsmål {k}: skriv det her",
        ("slet ikke", "lidt", "for det meste", "helt"), ("ikke spurgt", "ved ikke", "ønsker ikke at svare"),
    ),
}  # fmt: skip
FOUR = 4  # answers that have words; others are written as their numbers
REASONS = ("not_asked", "dont_know", "refused")


def started(
    name: str, items: int, respondent: Respondent = "client", language: Language = "en", levels: int = FOUR
) -> str:
    """Return the text of a questionnaire file with `items` questions to one respondent in one language.

    Parameters
    ----------
    name : str
        Becomes the id: small letters, digits and "-".
    items : int
    respondent : str, optional
        caseworker, client, or a word of one's own, which the file then declares.
    language : {"en", "sv", "da"}, optional
    levels : int, optional
        How many answers a question has, coded from 1.

    Examples
    --------
    >>> print(started("My form", 2).splitlines()[4])
    id: my-form
    """
    title, notice, question, answers, reasons = WORDS[language]
    if levels != FOUR:
        answers = tuple(str(code) for code in range(1, levels + 1))
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "mine"
    declared = [] if respondent in RESPONDENTS else ["respondents:", f"  {respondent}: {{{language}: {respondent}}}"]
    lines = [
        "# A questionnaire of one's own. `eriq instrument check` says what is missing; see docs/own-questionnaire.md.",
        f"# One language is enough; a second one ({', '.join(WORDS)}) then stands beside every text.",
        "# Change the version whenever a text, a scale or an item changes: scores tell which one was answered.",
        "format: 1",
        f"id: {slug}",
        'version: "0.1.0"',
        f'name: {{{language}: "{title.format(n=items)}"}}',
        f'notice: {{{language}: "{notice}"}}  # whose wording it is; printed on every report',
        "# Ways of having no answer; they may stand in the column of any item. Their numbers are negative.",
        "missing_codes:",
        *(
            f'  - {{code: -{k}, name: {reason}, labels: {{{language}: "{words}"}}}}'
            for k, (reason, words) in enumerate(zip(REASONS, reasons, strict=True), 1)
        ),
        "missing_policy: indicator  # or worst: the least ready answer; drop: the row is left out",
        *(["# Who answers besides caseworker and client, in words.", *declared] if declared else []),
        "# Fewer answers than this, and a questionnaire is set aside.",
        f"minimum_answered: {{{respondent}: {(2 * items + 2) // 3}}}",
        "# What items are about; reports name these. Several items may share one.",
        "indicators:",
        *(f'  topic_{k:02d}: {{{language}: "topic {k}"}}' for k in range(1, items + 1)),
        "# Answers in the order of print, codes rising from the least ready to the most. Several scales are possible.",
        "scales:",
        "  agreement:",
        *(
            f'    - {{code: {code}, labels: {{{language}: "{words}"}}}}'
            for code, words in enumerate(answers, 1)
        ),
        "# `orientation: -1` where a higher code is less ready; `malleable: false` for what nobody can change;",
        "# `forecast: true` for a question whether the client will get a job; `required: true` only if it must be.",
        "# An id is the name of the column in your table: letters, digits and _.",
        "items:",
        *(
            f"  - {{id: q{k:02d}, respondent: {respondent}, indicator: topic_{k:02d}, scale: agreement, "
            f'text: {{{language}: "{question.format(k=k)}"}}}}'
            for k in range(1, items + 1)
        ),
    ]  # fmt: skip
    return "\n".join(lines) + "\n"
