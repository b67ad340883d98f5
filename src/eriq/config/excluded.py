"""Uses that are excluded, refused where a config would ask for them, with the reason."""

import re
from collections.abc import Iterable
from typing import Any

EMPLOYER = (
    "a forecast is never handed to employers: it is made for a talk between client and caseworker, and whoever hires "
    "would turn it into a reason against a person"
)
AUTOMATIC = (
    "nothing is decided by eriq: a forecast is written, a person decides, and 'eriq decide' records what and why"
)
SANCTION = "a forecast is never a reason for a sanction or a decision on benefits, and eriq writes none"
STAFF = "optimism is never a reason to rank, pay or judge a caseworker: it says how somebody answers, not how they work"

EMPLOYERS = frozenset({"employer", "employers", "recruiter", "recruiters", "company", "companies"})
_AUTOMATIC = frozenset({"decision", "decide", "decisions", "track", "tracks", "automatic", "auto_decide", "assign"})
_SANCTION = frozenset({"sanction", "sanctions", "benefit", "benefits"})
_MACHINES = re.compile(r"\b(eriq|model|system|machine|algorithm|automatic(ally)?|automat|robot|batch)\b")
_PUNISHES = re.compile(r"sanction|penalt|sanktion|(benefit|support|bidrag|ydelse)\w*[ _-]*(cut|stop|reduc)|indragen")
_JUDGES = re.compile(
    r"\b(rank|league|best|worst|bonus|salar|wage|pay|dismiss|redundan|apprais|performance|lön|løn|rangor|avsked)"
)


def refuse_excluded(given: Any) -> Any:
    """Return a section as it was given; ValueError with the reason where it asks for an excluded use.

    >>> refuse_excluded({"audience": "employer"})
    Traceback (most recent call last):
    ValueError: a forecast is never handed to employers: ...
    """
    if not isinstance(given, dict):
        return given
    if str(given.get("audience", "")).casefold() in EMPLOYERS:
        raise ValueError(EMPLOYER)
    keys = {str(key).casefold() for key in given}
    if keys & _AUTOMATIC:
        raise ValueError(AUTOMATIC)
    if keys & _SANCTION:
        raise ValueError(SANCTION)
    return given


def refuse_machines(roles: Iterable[str]) -> None:
    """Raise ValueError where somebody who decides is no person."""
    if any(_MACHINES.search(role.casefold()) for role in roles):
        raise ValueError(AUTOMATIC)


def refuse_sanctions(choices: Iterable[str]) -> None:
    """Raise ValueError where something that can be decided beside a score is a sanction."""
    if any(_PUNISHES.search(choice.casefold()) for choice in choices):
        raise ValueError(SANCTION)


def refuse_judging_staff(reason: str) -> None:
    """Raise ValueError where caseworkers would be named to rank, pay or judge them.

    >>> refuse_judging_staff("to talk about how each of us reads the scale")
    >>> refuse_judging_staff("yearly performance review")
    Traceback (most recent call last):
    ValueError: optimism is never a reason to rank, pay or judge a caseworker: ...
    """
    if _JUDGES.search(reason.casefold()):
        raise ValueError(STAFF)
