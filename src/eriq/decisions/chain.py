"""A log that only grows: JSON lines, each with the digest of the one before, and a signed head beside them.

What the head proves: that these lines, all of them and no others, were there when the key signed. What it cannot prove:
that there was no later head. An older log with its older head passes; so a head kept elsewhere is asked for (`expect`).
"""

import contextlib
import datetime as dt
import fcntl
import hashlib
import json
import os
import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from eriq.disclosure import about_people
from eriq.errors import BusyError, ChainError, ConfigError, OutputError
from eriq.model.signature import Keys, is_signed, sign_text
from eriq.tables.files import finished_or_nothing

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

STATEMENT = b"eriq decision log head, signature 1\n"
Entry = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Head:
    """Where a log ends: how many lines it has, and the digest of the last one, which rests on all others."""

    log: str  # drawn when the log was begun: the head of one log is never that of another
    entries: int  # the line that begins the log not counted
    sha256: str
    key: str = ""  # fingerprint
    signature: str = ""

    @property
    def text(self) -> bytes:
        """What is signed."""
        return json.dumps([self.log, self.entries, self.sha256]).encode()

    def signed(self, key: "Ed25519PrivateKey") -> "Head":
        """Return the head with a signature."""
        return Head(self.log, self.entries, self.sha256, *sign_text(STATEMENT, self.text, key))

    def __str__(self) -> str:
        return f"{self.entries}:{self.sha256}"


@dataclass(frozen=True, slots=True, eq=False)
class Log:
    """A log as it was verified."""

    head: Head
    entries: tuple[Entry, ...]
    content: bytes
    unfinished: bool = False  # an entry was interrupted after it was promised; the next one finishes it first


def begin(file: Path, key: "Ed25519PrivateKey") -> Head:
    """Begin a log of no entries, readable by its owner alone.

    Raises
    ------
    OutputError
        When there is one, or a head of one: a log is never begun anew in its place.
    """
    if any(os.path.lexists(place) for place in (file, head_of(file), pending_of(file))):
        raise OutputError(f"{file}, or a head of it, is there already; a log is never begun anew in its place")
    log = secrets.token_hex(16)
    line = _line({"log": log}, 0, "")
    head = Head(log, 0, hashlib.sha256(line).hexdigest()).signed(key)
    with finished_or_nothing(file, overwrite=False, about_persons=True) as draft:
        draft.write_bytes(line)
    _store(head_of(file), json.dumps(asdict(head)))
    return head


def append(file: Path, entries: Sequence[Entry], key: "Ed25519PrivateKey", trusted: Keys) -> Head:
    """Add entries to a log after verifying it; all of them or none.

    What is to be added is promised beside the log first, with the head that will be signed: who is interrupted between
    the two loses nothing, and lines that nobody promised are found.

    Raises
    ------
    BusyError
        When another writer is at it.
    ChainError, OutputError
        By cause.
    """
    try:
        with _locked(file) as handle:
            log = _verified(file, handle.read(), trusted)
            if log.unfinished:
                _write(file, handle, log)
            lines, before = [], log.head.sha256
            for place, entry in enumerate(entries, start=log.head.entries + 1):
                lines.append(_line(entry, place, before))
                before = hashlib.sha256(lines[-1]).hexdigest()
            head = Head(log.head.log, log.head.entries + len(lines), before).signed(key)
            new = b"".join(lines)
            _store(pending_of(file), json.dumps({"head": asdict(head), "lines": new.decode()}))
            _write(file, handle, Log(head, (*log.entries, *entries), log.content + new))
            return head
    except OSError as why:
        raise OutputError(f"{file.name} could not be written: {why.strerror}") from None


def verify(file: Path, trusted: Keys, expect: str | None = None) -> Log:
    """Return a log after checking every line, the signed head, and a head that was kept elsewhere.

    Parameters
    ----------
    file : Path
    trusted : tuple of bytes
        Public keys, one of which must have signed the head.
    expect : str, optional
        A head as it was printed, ``12:1a2b...`` with at least 16 digits: that line must be in the log still.

    Raises
    ------
    BusyError
        When a writer is at it.
    ChainError
        Saying at which line; never what stands in it.
    """
    try:
        with _locked(file, os.O_RDONLY, fcntl.LOCK_SH) as handle:
            log = _verified(file, handle.read(), trusted)
    except OSError as why:
        raise ChainError(f"{file} cannot be read: {why.strerror}") from None
    if expect is not None:
        _check_expected(log, expect)
    return log


def _check_expected(log: Log, expect: str) -> None:
    found = re.fullmatch(r"(\d+):([0-9a-f]{16,64})", expect.strip())
    if found is None:
        raise ConfigError("a head is written as it was printed: the number of entries, a colon, 16 to 64 digits")
    place, lines = int(found[1]), log.content.splitlines(keepends=True)
    if place >= len(lines):
        raise ChainError(
            f"the log has {log.head.entries} entries and once had {place}: it was put back to an older state"
        )
    if not hashlib.sha256(lines[place]).hexdigest().startswith(found[2]):
        raise ChainError(f"entry {place} is not the one whose head was kept: the log was built anew")


# --- reading -------------------------------------------------------------------------------


def _verified(file: Path, content: bytes, trusted: Keys) -> Log:
    """Return a log as its signed head says, or as an interrupted entry promised."""
    head = _head(file, _stored(head_of(file)), trusted)
    if not os.path.lexists(pending_of(file)):
        return _followed(file, content, head)
    told = _stored(pending_of(file))
    promised, lines = _head(file, told.get("head"), trusted), str(told.get("lines", "")).encode()
    if head == promised:  # all was written, and only the promise was left
        return _followed(file, content, head)
    whole = content.splitlines(keepends=True)
    base = b"".join(whole[: head.entries + 1])
    _followed(file, base, head)
    if not lines.startswith(content[len(base) :]):
        raise ChainError(f"{file.name}: what stands after entry {head.entries} is not what was about to be added")
    log = _followed(file, base + lines, promised)
    return Log(log.head, log.entries, log.content, unfinished=True)


def _followed(file: Path, content: bytes, head: Head) -> Log:
    """Return a log whose every line follows from the one before, up to the head and no further."""
    entries, before = [], ""
    lines = content.splitlines(keepends=True)
    for place, line in enumerate(lines):
        told = _read(line)
        if told is None or told["n"] != place or told["before"] != before:
            raise ChainError(
                f"{file.name}: entry {place} does not follow from the one before it: one of them was changed, or a "
                "line was removed or added there"
            )
        entries.append(told["what"])
        before = hashlib.sha256(line).hexdigest()
    count = len(lines) - 1
    if count < head.entries:
        raise ChainError(f"{file.name} ends after entry {count}, and its head was signed over {head.entries}")
    if count > head.entries:
        raise ChainError(
            f"{file.name}: {count - head.entries} line(s) stand after entry {head.entries}, the last signed"
        )
    if before != head.sha256 or entries[0].get("log") != head.log:
        raise ChainError(
            f"{file.name} holds together and is not what was signed: its last line was changed, or all was built anew"
        )
    return Log(head, tuple(entries[1:]), content)


def _read(line: bytes) -> dict[str, Any] | None:
    """Return a line as it was written, or nothing where it was not written by us."""
    try:
        told = json.loads(line)
        return told if _line(told["what"], told["n"], told["before"], told["at"]) == line else None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _head(file: Path, told: Any, trusted: Keys) -> Head:
    try:
        head = Head(**told)
        whole = all(isinstance(v, str) for k, v in asdict(head).items() if k != "entries")
        whole = whole and type(head.entries) is int and head.entries >= 0
    except TypeError:
        whole = False
    if not whole:
        raise ChainError(f"{head_of(file).name} is not a head written by eriq")
    if not is_signed(STATEMENT, head.text, head.key, head.signature, trusted):
        raise ChainError(f"the head of {file.name} is not signed by a trusted key, or was changed after it was signed")
    return head


def _stored(file: Path) -> Any:
    try:
        told = json.loads(file.read_bytes())
    except OSError:
        raise ChainError(f"{file.name} is gone or cannot be read: nothing says where the log ends") from None
    except (ValueError, RecursionError):
        raise ChainError(f"{file.name} is not a head written by eriq") from None
    return told if isinstance(told, dict) else {}


# --- writing -------------------------------------------------------------------------------


def head_of(file: Path) -> Path:
    """Return where the signed head of a log stands."""
    return file.with_name(f"{file.name}.head")


def logs_below(folder: Path) -> Iterator[Path]:
    """Yield the logs below a folder that a head stands beside, whoever signed it; links are not followed."""
    for head in sorted(folder.rglob("*.head")):
        log = head.with_name(head.name.removesuffix(".head"))
        with contextlib.suppress(ChainError):
            if not any(file.is_symlink() for file in (head, log)) and log.is_file() and "log" in _stored(head):
                yield log


def pending_of(file: Path) -> Path:
    """Return where entries stand that are about to be added."""
    return file.with_name(f"{file.name}.pending")


def _line(what: Mapping[str, Any], place: int, before: str, at: str | None = None) -> bytes:
    at = at or dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    told = {"n": place, "before": before, "at": at, "what": dict(sorted(what.items()))}
    return json.dumps(told, ensure_ascii=True, separators=(",", ":")).encode() + b"\n"


def _opened(file: Path, flags: int) -> BinaryIO:
    try:
        return os.fdopen(os.open(file, flags | os.O_NOFOLLOW), "rb+" if flags & os.O_RDWR else "rb")
    except FileNotFoundError:
        raise ChainError(f"there is no log {file}; 'eriq decide start' begins one") from None


@contextlib.contextmanager
def _locked(file: Path, flags: int = os.O_RDWR, lock: int = fcntl.LOCK_EX) -> Iterator[BinaryIO]:
    with about_people(), _opened(file, flags) as handle:
        try:
            fcntl.flock(handle, lock | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BusyError(f"another eriq is at {file.name}; try again") from None
        yield handle


def _write(file: Path, handle: BinaryIO, log: Log) -> None:
    """Bring the file to what was promised, then its head, then forget the promise: in this order, each to the disk."""
    base = len(log.content)
    there = handle.seek(0, os.SEEK_END)
    if there < base:
        handle.write(log.content[there:])
    handle.flush()
    os.fsync(handle.fileno())
    _store(head_of(file), json.dumps(asdict(log.head)))
    pending_of(file).unlink(missing_ok=True)
    _to_disk(file.parent)


def _store(place: Path, text: str) -> None:
    with finished_or_nothing(place, overwrite=True, about_persons=True) as draft:
        draft.write_text(text, encoding="utf-8")
    _to_disk(place.parent)


def _to_disk(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
