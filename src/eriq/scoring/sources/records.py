"""Records of delimited text: where each one ends is a matter of quotes alone, and is never guessed from what follows.

Where every quote opens a cell, closes one or is doubled, a record ends at a line break outside quotes, and any parser
reads it alike. All other text goes through Python's own reader, one record at a time.
"""

import csv as python_csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from eriq.errors import SourceError

LONGEST_RECORD = 4_000_000  # bytes; a longer one is set aside unread
REASONS = {
    "encoding": "the line is not in the declared encoding",
    "quotes": "a quote within a quoted cell is not doubled",
    "ragged": "the line has more or fewer cells than the header",
    "too_long": f"the line is longer than {LONGEST_RECORD:,} bytes",
}
python_csv.field_size_limit(1 << 30)  # blocks bound the memory; by default a cell of 131,072 signs would be an error


@dataclass(frozen=True, slots=True)
class Records:
    """Some records in a row: bytes that any parser reads alike, or cells and codes one by one."""

    body: bytes = b""
    cells: tuple[tuple[str, list[str]], ...] = ()  # (code, cells); without a code the cells are as good as their width
    size: int = 0  # bytes that the cells were made from


def ends_of(body: bytes, delimiter: str) -> tuple[np.ndarray, bool] | None:
    r"""Return where lines end outside quotes, and if a quote is open at the end; None where quotes break the rules.

    Parameters
    ----------
    body : bytes
        Begins with a record.
    delimiter : str
        One sign.

    Examples
    --------
    >>> ends_of(b'a,"b\nc"\nd,"e', ",")
    (array([8]), True)
    >>> ends_of(b'5" nails\n', ",") is None
    True
    """
    signs = np.frombuffer(body, np.uint8)
    breaks = np.flatnonzero((signs == 10) | (signs == 13) if b"\r" in body else signs == 10)
    quotes = np.flatnonzero(signs == 34) if b'"' in body else signs[:0]
    if not len(quotes):
        return breaks + 1, False
    border = np.zeros(256, dtype=bool)
    border[[10, 13, ord(delimiter)]] = True
    opening, closing = quotes[::2], quotes[1::2]
    begins = border[signs[opening - 1]] | (opening == 0)
    stops = border[signs[np.minimum(closing + 1, len(signs) - 1)]] | (closing == len(signs) - 1)
    doubled = opening[1:] == closing[: len(opening) - 1] + 1
    begins[1:] |= doubled
    stops[: len(doubled)] |= doubled
    if not (begins.all() and stops.all()):
        return None
    return breaks[np.searchsorted(quotes, breaks) % 2 == 0] + 1, len(quotes) % 2 == 1


def records_of(blocks: Iterator[bytes], delimiter: str, name: str, line: int = 1) -> Iterator[Records]:
    """Yield all records of a text, in order, holding no more than a block and a record.

    Parameters
    ----------
    blocks : iterator of bytes
        UTF-8 from the first record on; the last one is empty.
    delimiter : str
    name : str
        Of the file, for errors.
    line : int
        Number of the first line within it, for errors.

    Raises
    ------
    SourceError
        When a quote opens and nobody can tell where its cell ends: what follows may be rows or a cell.
    """
    held, long = b"", False  # long: what is held stands for the beginning of a record that is too long
    for block in blocks:
        held, last = held + block, not block
        found = ends_of(held, delimiter)
        if found is None or (last and found[1]):
            records = split(held, delimiter, name, line, last=last)
            used = records.size
            if long and used:
                if records.cells[0][0]:
                    raise _lost(name, line)
                records, long = replace(records, cells=(("too_long", []), *records.cells[1:])), False
            yield records
        else:
            ends = found[0]
            if last and held and (not len(ends) or ends[-1] < len(held)):
                ends = np.append(ends, len(held))
            used = int(ends[-1]) if len(ends) else 0
            if used:
                yield from _whole(held[:used], ends, delimiter, name, line, long=long)
                long = False
        line += held[:used].count(b"\n") or held[:used].count(b"\r")
        held = held[used:]
        if len(held) > LONGEST_RECORD or (long and held):
            found = ends_of(held, delimiter)
            if found is None:
                raise _lost(name, line)
            held, long = _shortened(held, inside=found[1]), True


def _whole(body: bytes, ends: np.ndarray, delimiter: str, name: str, line: int, *, long: bool) -> Iterator[Records]:
    """Yield whole records together, or one by one if there is one too long among them."""
    if long:
        yield Records(cells=(("too_long", []),))
        body, ends = body[ends[0] :], ends[1:] - ends[0]
    if len(ends) and np.diff(ends, prepend=0).max() > LONGEST_RECORD:
        yield split(body, delimiter, name, line)
    elif body:
        yield Records(body)


def _shortened(held: bytes, *, inside: bool) -> bytes:
    """Return a few bytes after which any text means what it means after the beginning of a record."""
    if inside:
        return b'"x'
    return b'""' if held.endswith(b'"') else b"x" + held[-1:]


def split(body: bytes, delimiter: str, name: str, line: int = 1, *, last: bool = True) -> Records:
    """Return records one by one, with a code where one is damaged; the last may be left for the next block.

    Raises
    ------
    SourceError
        As in `records_of`.
    """
    lines = body.splitlines(keepends=True)
    if lines and not last and not lines[-1].endswith((b"\n", b"\r")):
        lines.pop()
    taken: list[bytes] = []
    asked_for_more = False

    def given() -> Iterator[str]:
        nonlocal asked_for_more
        for one in lines:
            taken.append(one)
            yield one.decode("utf-8", "surrogateescape")
        asked_for_more = True

    reader = python_csv.reader(given(), delimiter=delimiter, strict=True)
    found: list[tuple[str, list[str]]] = []
    used = before = 0
    while True:
        taken.clear()
        code = ""
        try:
            cells = next(reader)
        except StopIteration:
            return Records(cells=tuple(found), size=used)
        except python_csv.Error:
            if asked_for_more and not last:  # the record goes on in the next block
                return Records(cells=tuple(found), size=used)
            if asked_for_more or len(taken) > 1 or not _ends_anyway(taken[0], delimiter):
                raise _lost(name, line + before) from None
            code, cells = "quotes", []
        size = sum(map(len, taken))
        used, before = used + size, before + len(taken)
        if size > LONGEST_RECORD:
            code, cells = "too_long", []
        if code or cells:  # a blank line is no record
            found.append((code, cells))


def _ends_anyway(line: bytes, delimiter: str) -> bool:
    """Return whether a damaged line ends its record, whether any quote closes a cell or only one at its border does."""
    border = re.escape(delimiter.encode())
    single = line.replace(b'""', b"")
    left = re.sub(rb'(?:(?<=%b)|^)"[^\r\n]*?"(?=%b|[\r\n]|$)' % (border, border), b"", single)
    return single.count(b'"') % 2 == 0 and not re.search(rb'(?:%b|^)"' % border, left)


def _lost(name: str, line: int) -> SourceError:
    return SourceError(
        f"{name}, line {line:,}: a quote opens a cell and does not close it as it should, so that rows after it cannot "
        "be told from what is in that cell; quotes within a cell are to be doubled"
    )
