"""What a page says of a run, each with the file it comes from and that file's digest; and the same looked up again."""

import csv
import hashlib
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from markupsafe import Markup

from eriq.config import parse_yaml
from eriq.errors import ChainError, SourceError
from eriq.pages import interval, number, percent, signed, text

Where = tuple[tuple[str, str], ...]


def _sentence(value: Any) -> str:
    words = str(value)
    return words[:1].upper() + words[1:]


def _listed(value: Any) -> str:
    return " ".join(_sentence(words if str(words).endswith(".") else f"{words}.") for words in value)


def _range(value: Sequence[str]) -> str:
    return " to ".join(map(str, value))


WRITTEN: Mapping[str, Callable[[Any], str]] = {
    "text": text,
    "sentence": _sentence,
    "words": lambda value: str(value).replace("_", " "),
    "count": lambda value: text(int(value)),
    "number": number,
    "percent": percent,
    "signed": signed,
    "list": _listed,
    "names": lambda value: "; ".join(map(str, value)) or "none",
    "range": _range,
    "length": lambda value: text(len(value)),
    "short": lambda value: str(value)[:16],
    "estimate": lambda row: f"{number(row['estimate'])} ({interval(row['low'], row['high'])})",
}


@dataclass(frozen=True, slots=True)
class Told:
    """One thing a page says: where it stands in which file, how it is written, and what was written."""

    id: str
    file: str
    sha256: str
    path: str  # keys of a JSON or YAML file, with dots; the column of a table, or * for its row
    where: Where  # columns and values that find the row of a table
    write: str
    text: str

    @property
    def marked(self) -> Markup:
        """The words with their origin, as HTML that Markdown takes as well."""
        return Markup('<span class="told" id="{}" data-file="{}" data-sha256="{}">{}</span>').format(
            self.id, self.file, self.sha256, self.text
        )


class Evidence:
    """The files of a run, read once, with their digests."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._read: dict[str, Any] = {}
        self._digests: dict[str, str] = {}

    def digest(self, file: str) -> str:
        """Return the SHA-256 of a file; SourceError where it is gone."""
        self.read(file)
        return self._digests[file]

    def has(self, file: str) -> bool:
        """Return whether there is such a file."""
        return (self.folder / file).is_file()

    def read(self, file: str) -> Any:
        """Return the content of a file: mappings of JSON and YAML, a mapping of text per row of CSV."""
        if file not in self._read:
            try:
                raw = (self.folder / file).read_bytes()
                self._read[file] = _parsed(file, raw)
            except (OSError, ValueError) as why:
                raise SourceError(f"{file} of the run cannot be read ({type(why).__name__})") from None
            self._digests[file] = hashlib.sha256(raw).hexdigest()
        return self._read[file]

    def look_up(self, file: str, path: str, where: Where = ()) -> Any:
        """Return what stands at a place, or None where nothing does."""
        if not self.has(file):
            return None
        found = self.read(file)
        if isinstance(found, list):
            row = next((row for row in found if all(row.get(name) == value for name, value in where)), None)
            if row is None:
                return None
            if path == "*":
                return {name: _number(cell) for name, cell in row.items()}
            return _number(row[path]) if path in row else None
        for key in path.split("."):
            found = found.get(key) if isinstance(found, dict) else None
        return found


def _parsed(file: str, raw: bytes) -> Any:
    if file.endswith(".csv"):
        return list(csv.DictReader(io.StringIO(raw.decode(), newline="")))
    return json.loads(raw) if file.endswith(".json") else parse_yaml(raw.decode())


def _number(cell: str) -> Any:
    """Return a cell as a number where it is one; nothing where it is empty."""
    try:
        return (int(cell) if cell.isdigit() else float(cell)) if cell else None
    except ValueError:
        return cell


@dataclass
class Teller:
    """Says things of a run, and remembers each."""

    evidence: Evidence
    told: list[Told] = field(default_factory=list)

    def tell(self, file: str, path: str, write: str = "text", where: Where = ()) -> Markup | None:
        """Return what stands at a place, written and marked with its origin; None where nothing does."""
        words = written(self.evidence, file, path, write, where)
        if words is None:
            return None
        one = Told(f"n{len(self.told) + 1}", file, self.evidence.digest(file), path, where, write, words)
        self.told.append(one)
        return one.marked


def written(evidence: Evidence, file: str, path: str, write: str, where: Where = ()) -> str | None:
    """Return what stands at a place as it is written, or None where nothing does."""
    value = evidence.look_up(file, path, where)
    if value is None or value == "" or (isinstance(value, list | dict) and not value):
        return "" if write == "list" and value == [] else None
    if write == "estimate" and value.get("estimate") is None:
        return None
    try:
        return str(WRITTEN[write](value))
    except (TypeError, ValueError, KeyError):
        return None


def check_told(told: Sequence[Mapping[str, Any]], evidence: Evidence) -> None:
    """Raise ChainError where something that was told does not stand in the run any more, or is written otherwise."""
    for one in told:
        try:
            where = tuple((str(a), str(b)) for a, b in one["where"])
            words = written(evidence, one["file"], one["path"], one["write"], where)
            same = words == one["text"] and evidence.digest(one["file"]) == one["sha256"]
        except (KeyError, TypeError, ValueError, SourceError):
            same = False
        if not same:
            raise ChainError(f"{one.get('id')} is not what stands in {one.get('file')}: one of them was changed")


def check_page(name: str, page: str, told: Sequence[Mapping[str, Any]]) -> None:
    """Raise ChainError where a page says something else than was told, or of another origin."""
    found = _Spans()
    found.feed(page)
    want = {one["id"]: (one["file"], one["sha256"], one["text"]) for one in told}
    for place, said in found.spans.items():
        if want.get(place) != said:
            raise ChainError(f"{name}: {place} was changed by hand")
    if missing := [place for place in want if place not in found.spans]:
        raise ChainError(f"{name}: {missing[0]} was removed")


class _Spans(HTMLParser):
    """Everything on a page that is marked with its origin."""

    def __init__(self) -> None:
        super().__init__()
        self.spans: dict[str, tuple[str, str, str]] = {}
        self._open: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a marked piece."""
        known = dict(attrs)
        if tag == "span" and known.get("class") == "told":
            self._open = known.get("id") or ""
            self.spans[self._open] = (known.get("data-file") or "", known.get("data-sha256") or "", "")

    def handle_data(self, data: str) -> None:
        """Add words to the piece that is open."""
        if self._open is not None:
            file, sha256, words = self.spans[self._open]
            self.spans[self._open] = (file, sha256, words + data)

    def handle_endtag(self, tag: str) -> None:
        """End a marked piece."""
        if tag == "span":
            self._open = None
