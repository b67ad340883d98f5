"""Whether the parts of a questionnaire fit each other, and the names that eriq itself uses."""

from collections.abc import Iterator, Mapping, Sequence

from eriq.errors import nearest
from eriq.instrument.texts import LANGUAGES, Texts

Respondent = str  # one of RESPONDENTS, or a word that the questionnaire declares
RESPONDENTS: tuple[Respondent, ...] = ("caseworker", "client")  # whose words are ours
# Names that stand beside items: columns of ANSWERS, and what a half or a score file calls its own.
RESERVED = frozenset(
    {"client_id", "answered_on", "wave", "caseworker_id", "job_centre", "consent", "consent_withdrawn_on"}
    | {"caseworker_answered_on", "client_answered_on", "instrument", "belief_recorded_on", "score_shown_on"}
    | {"caseworker_seconds", "client_seconds"}
    | {"unanswered", "row"}
)
# Blocks and parts that the name of a respondent would be taken for.
TAKEN = frozenset(
    {
        "belief",
        "questionnaire",
        "form",
        "changes",
        "setting",
        "indicators",
        "none",
        "protected",
        "others",
        "swedish",
        "everyone",
    }
)
SHOWN = 5  # places printed of a problem that many texts have; the count is whole


def languages_apart(texts: Sequence[tuple[str, Texts]]) -> Iterator[str]:
    """Yield what is said in some languages only: a questionnaire has a language wholly or not at all.

    >>> both, one = Texts(en="Work", sv="Arbete"), Texts(en="Health")
    >>> list(languages_apart([("indicator work", both), ("indicator health", one)]))
    ["indicator health: no text in 'sv', which other texts have"]
    """
    for language in LANGUAGES:
        lacking = [where for where, text in texts if language not in text.languages]
        if len(lacking) < len(texts):
            yield from (f"{where}: no text in '{language}', which other texts have" for where in lacking[:SHOWN])
            if len(lacking) > SHOWN:
                yield f"'{language}': {len(lacking) - SHOWN} more texts are not there"


def odd_ids(ids: Sequence[str]) -> Iterator[str]:
    """Yield ids of items that something else is called, here or in a database.

    >>> list(odd_ids(["q1", "Q1", "wave"]))[1:]
    ['item Q1: another id differs in capitals only', 'item wave: eriq has a column of that name; take another id']
    """
    lower = [name.lower() for name in {*ids}]  # databases tell no capitals from small letters
    yield from (f"item {i}: another id differs in capitals only" for i in ids if lower.count(i.lower()) > 1)
    yield from (f"item {i}: eriq has a column of that name; take another id" for i in ids if i.lower() in RESERVED)


def odd_respondents(
    halves: Mapping[Respondent, int], declared: Sequence[Respondent], need: Mapping[Respondent, int]
) -> Iterator[str]:
    """Yield what is wrong with who is asked, and with how many answers they owe.

    Parameters
    ----------
    halves : mapping of str to int
        How many items each respondent is asked.
    declared : sequence of str
        Respondents the questionnaire declares besides ours.
    need : mapping of str to int
        How many answers are needed of each.

    Examples
    --------
    >>> list(odd_respondents({"teacher": 2}, ["teacher"], {"teacher": 3}))
    ['minimum_answered: 3 of 2 teacher items can never be met']
    """
    known = (*RESPONDENTS, *declared)
    for name in declared:
        if name in TAKEN or name.startswith(("register", *RESPONDENTS)):
            yield f"respondents: '{name}' has a meaning of its own here; take another word"
    for name in halves:
        if name not in known:
            yield f"respondent '{name}' is not declared under respondents.{nearest(name, known)}"
        elif name not in need:
            yield f"minimum_answered: says nothing of respondent '{name}'"
    for name, least in need.items():
        if name not in known:
            yield f"minimum_answered: respondent '{name}' is not declared.{nearest(name, known)}"
        elif least > (have := halves.get(name, 0)):
            yield f"minimum_answered: {least} of {have} {name} items can never be met"
