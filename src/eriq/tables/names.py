"""What columns and codes are called elsewhere: names compared without case, accents, spaces and signs."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from eriq.config import load_yaml

# One letter for the spellings of one sound, so that foedselsdato, fødselsdato and fodselsdato are one name.
_LETTERS = str.maketrans({"æ": "a", "ä": "a", "ø": "o", "ö": "o", "å": "a", "ü": "u", "ß": "ss"})


@dataclass(frozen=True, slots=True)
class Synonyms:
    """Names elsewhere and ours: of columns by table, as they are spelled; of codes by column, folded."""

    columns: Mapping[str, Mapping[str, str]]
    codes: Mapping[str, Mapping[str, str]]


def spelled(name: object) -> str:
    """Return a name without case, spaces and signs, each letter as it is.

    >>> spelled("Antal børn")
    'antalbørn'
    """
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFC", str(name)).casefold())


def fold(name: object) -> str:
    """Return a name as it is compared.

    >>> fold("CPR-nr."), fold("Fødselsdato") == fold("foedselsdato"), fold("I høj grad")
    ('cprnr', True, 'ihojgrad')
    """
    text = unicodedata.normalize("NFC", str(name)).casefold().translate(_LETTERS)
    text = "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))
    return re.sub(r"[^a-z0-9]", "", text).replace("ae", "a").replace("oe", "o").replace("aa", "a")


@cache
def synonyms() -> Synonyms:
    """Return what `synonyms.yaml` holds, the name elsewhere first."""
    content = load_yaml(Path(__file__).with_name("synonyms.yaml"))
    columns = {table: _turned(names, spelled) for table, names in content["columns"].items()}
    plain = {name: _turned({name: words}) for name, words in content["codes"].items() if isinstance(words, list)}
    codes = {name: _turned(words) for name, words in content["codes"].items() if isinstance(words, dict)}
    return Synonyms(columns, {**plain, **codes})


def _turned(names: Mapping[str, Iterable[object]], how: Callable[[object], str] | None = None) -> dict[str, str]:
    """Return {name elsewhere, folded or as `how` says: ours}, in the order of the file."""
    turned: dict[str, str] = {}
    for ours, theirs in names.items():
        for name in theirs:
            turned.setdefault((how or fold)(name), ours)
    return turned


def mapped(headers: Iterable[str], table: str) -> dict[str, str]:
    """Return {our column: theirs} for the headers of a table that go by a known name.

    >>> mapped(["CPR", "Fødselsdato", "Bemærkning"], "persons")
    {'client_id': 'CPR', 'born_on': 'Fødselsdato'}
    >>> mapped(["børn", "foedselsdato"], "persons")
    {'born_on': 'foedselsdato', 'children': 'børn'}
    """
    headers = list(headers)
    found: dict[str, str] = {}
    for alike in (spelled, fold):  # as it is spelled before what sounds the same: børn are children, born is a day
        there: dict[str, str] = {}
        for name in headers:
            there.setdefault(alike(name), name)
        for known, ours in synonyms().columns[table].items():
            theirs = there.get(alike(known))
            if theirs is not None and ours not in found and theirs not in found.values():
                found[ours] = theirs
    return found


def meaning(column: str, code: object, allowed: Iterable[object]) -> str | None:
    """Return which of our codes a code elsewhere means, "" for none that is known to mean anything, None if not known.

    >>> meaning("sex", "Kvinde", ("female", "male")), meaning("consent", "Ja", (0, 1)), meaning("sex", "Ukendt", ())
    ('female', '1', '')
    """
    words, known = fold(code), synonyms().codes
    if words in known["unknown"]:
        return ""
    names = [str(name) for name in allowed]
    if names == ["0", "1"]:
        return "1" if words in known["yes"] else "0" if words in known["no"] else None
    own = {fold(name): name for name in names}
    found = own.get(words) or known.get(column, {}).get(words)
    return found if found in names else None
