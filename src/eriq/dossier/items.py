"""The items of a dossier: what the run says to each, what people said, and who must answer what is open."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from markupsafe import Markup, escape

from eriq.config import load_yaml
from eriq.dossier.numbers import Teller
from eriq.errors import ConfigError, bullets, nearest
from eriq.tables.results import SAVED

State = Literal["filled", "linked", "partly filled", "open"]
FILES = {"facts": "facts.json", "config": "config.yaml", "manifest": "manifest.json"}
PLACE = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True, slots=True)
class Ask:
    """What only people can say, and who."""

    key: str
    who: str
    words: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One item of a checklist as it stands."""

    number: str
    name: str
    state: State
    words: Markup  # from the run
    answers: tuple[tuple[Ask, str], ...]
    missing: tuple[Ask, ...]
    link: str


@dataclass(frozen=True, slots=True)
class Part:
    """One checklist or document of the dossier."""

    id: str
    title: str
    about: str
    helps: str
    entries: tuple[Entry, ...]

    @property
    def counts(self) -> Mapping[State, int]:
        """How many items are in each state."""
        states: tuple[State, ...] = ("filled", "linked", "partly filled", "open")
        return {state: sum(entry.state == state for entry in self.entries) for state in states}


@cache
def _items() -> dict[str, Any]:
    return load_yaml(Path(__file__).with_name("items.yaml"))


def asks() -> Mapping[str, Ask]:
    """Return what only people can say, by key.

    >>> asks()["ethics"].who
    'methods group'
    """
    return {key: Ask(key, said["who"], said["words"]) for key, said in _items()["asks"].items()}


def parts_of(teller: Teller, answers: Mapping[str, str]) -> tuple[Part, ...]:
    """Return every part of the dossier, filled from a run and from what people said."""
    return tuple(
        Part(
            given["id"],
            given["title"],
            given["about"],
            given["helps"],
            tuple(_entry(item, teller, answers) for item in given["items"]),
        )
        for given in _items()["parts"]
    )


def _entry(item: Mapping[str, Any], teller: Teller, answers: Mapping[str, str]) -> Entry:
    wanted = item.get("ask", [])
    asked = [asks()[key] for key in ([wanted] if isinstance(wanted, str) else wanted)]
    given = tuple((ask, answers[ask.key]) for ask in asked if answers.get(ask.key))
    missing = tuple(ask for ask in asked if not answers.get(ask.key))
    fill, link = str(item.get("fill", "")), str(item.get("link", ""))
    words, whole = filled(fill, teller)
    if link and not link.startswith("docs/") and not teller.evidence.has(link.partition("#")[0]):
        link = ""
    state: State = "open"
    if words or given:
        state = "partly filled" if missing or not whole else "filled"
    if link and not link.startswith("docs/") and state != "filled" and not missing:
        state = "linked"
    return Entry(str(item["n"]), item["name"], state, words, given, missing, link)


def filled(fill: str, teller: Teller) -> tuple[Markup, bool]:
    """Return a text with what the run says in its places, and whether the run knew all of it.

    A sentence with a place that the run knows nothing of is left out; nobody misses it where the place begins with ?.
    """
    made, whole = [], True
    for sentence in re.findall(r"(?:[^.{}]|\{[^{}]*\}|\.(?=\S))+(?:\.(?:\s|$)|$)", fill):
        before, said = len(teller.told), []
        for place, piece in enumerate(PLACE.split(sentence)):
            said.append(_told(piece, teller) if place % 2 else escape(piece))
        if any(piece is None for piece in said):
            del teller.told[before:]  # what is not shown was not told
            whole = whole and "{?" in sentence
        else:
            made.append(Markup("").join(piece for piece in said if piece is not None))
    return Markup("").join(made).strip(), whole


def _told(place: str, teller: Teller) -> Markup | None:
    path, _, write = place.removeprefix("?").partition("|")
    source, _, rest = path.partition(".")
    if source in FILES:
        return teller.tell(FILES[source], rest, write or "text")
    return SPECIAL[source](rest, teller)


def _measure(name: str, teller: Teller) -> Markup | None:
    chosen = str(teller.evidence.look_up(FILES["facts"], "chosen"))
    for whose in (SAVED, chosen):
        words = teller.tell("tables/measures.csv", "*", "estimate", (("contender", whose), ("measure", name)))
        if words is not None:
            return words
    return None


def _flow(_: str, teller: Teller) -> Markup | None:
    return _rows(teller, "tables/flow.csv", "reason", "rows", "text")


def _policies(_: str, teller: Teller) -> Markup | None:
    return _rows(teller, "tables/missing_policies.csv", "policy", "auc", "number")


def _importance(_: str, teller: Teller) -> Markup | None:
    if not teller.evidence.has("tables/importance.csv"):
        return None
    labels = [row["label"] for row in teller.evidence.read("tables/importance.csv") if row["level"] == "item"]
    made = [teller.tell("tables/importance.csv", "label", "text", (("level", "item"), ("label", x))) for x in labels]
    return Markup(", ").join(piece for piece in made if piece is not None) if made else None


def _part(name: str, teller: Teller) -> Markup | None:
    return teller.tell("tables/importance.csv", "share", "percent", (("level", "respondent"), ("name", name)))


def _tables(_: str, teller: Teller) -> Markup | None:
    digests = teller.evidence.look_up(FILES["facts"], "digests")
    return Markup(", ").join(escape(name) for name in digests) if digests else None


def _registers(_: str, teller: Teller) -> Markup | None:
    """Return "from registers" where spells were read, so that nothing is said of registers that were not there."""
    return Markup("from registers") if "spells" in (teller.evidence.look_up(FILES["facts"], "digests") or {}) else None


def _bases(_: str, teller: Teller) -> Markup | None:
    """Return "a half" where there are fits for one."""
    return Markup("a half") if teller.evidence.has("tables/by_basis.csv") else None


def _digests(_: str, teller: Teller) -> Markup | None:
    digests = teller.evidence.look_up(FILES["facts"], "digests") or {}
    made = [Markup("{} {}").format(name, teller.tell(FILES["facts"], f"digests.{name}", "short")) for name in digests]
    return Markup(", ").join(made) if made else None


def _rows(teller: Teller, file: str, name: str, column: str, write: str) -> Markup | None:
    """Return each row of a small table as its name and one of its cells."""
    if not teller.evidence.has(file):
        return None
    made = []
    for named in [row[name] for row in teller.evidence.read(file)]:
        cell = teller.tell(file, column, write, ((name, named),))
        made.append(Markup("{}: {}").format(named, "withheld" if cell is None else cell))
    return Markup("; ").join(made) if made else None


SPECIAL: Mapping[str, Callable[[str, Teller], Markup | None]] = {
    "measure": _measure,
    "flow": _flow,
    "importance": _importance,
    "bases": _bases,
    "part": _part,
    "registers": _registers,
    "policies": _policies,
    "tables": _tables,
    "digests": _digests,
}


# --- answers of people ---------------------------------------------------------------------


def draft() -> str:
    """Return a file of answers to be filled in: every question with who answers it."""
    head = (
        "# What only people can say about this model: one answer a line, in quotes or as a block after `|`.\n"
        "# Leave what is not known yet: the dossier shows it as open, with who must answer.\n"
        "# Names of people are not needed: write roles.\n"
    )
    lines = [f"\n# {ask.words}\n# who: {ask.who}\n{ask.key}:\n" for ask in asks().values()]
    return head + "".join(lines)


def read_answers(path: Path) -> dict[str, str]:
    """Return what people said, by key; what is empty is left out.

    Raises
    ------
    ConfigError
        When a key is not asked for, or an answer is no text.
    """
    known, given = asks(), load_yaml(path)
    problems = [f"{key}: is not asked for.{nearest(str(key), known)}" for key in given if key not in known]
    problems += [
        f"{key}: write the answer as text, in quotes"
        for key, value in given.items()
        if value is not None and not isinstance(value, str)
    ]
    if problems:
        raise ConfigError(bullets(f"{path.name} is not a file of answers:", problems))
    return {key: value.strip() for key, value in given.items() if value and value.strip()}


def open_asks(parts: Sequence[Part]) -> tuple[Ask, ...]:
    """Return what nobody has said yet, each once."""
    return tuple({ask.key: ask for part in parts for entry in part.entries for ask in entry.missing}.values())
