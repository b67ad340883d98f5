"""Text as a source: a damaged line is set aside and the next one is read."""

import codecs
import csv as cells_of
import math
from collections.abc import Generator, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from eriq.config import Csv
from eriq.errors import SchemaError, SourceError
from eriq.scoring.set_aside import BROKEN, nothing
from eriq.scoring.sources.base import Chunk, Source, Wanted
from eriq.tables.files import DELIMITERS, LONGEST_HEADER, file_digest, nullable

BLOCK_BYTES = 8_000_000  # of text read at a time: bounds memory however wide a line is
LONGEST_LINE = 4_000_000  # bytes; a longer one is set aside unread
LOOK_AHEAD = 50  # lines in which an opened quote may close
REASONS = {
    "encoding": "the line is not in the declared encoding",
    "ragged": "the line has more or fewer cells than the header, or a quote that never closes",
    "too_long": f"the line is longer than {LONGEST_LINE:,} bytes",
}


class CsvSource(Source):
    """A text file, block by block; a damaged line is set aside and the next one is read.

    A block is parsed at one go. Only when that does not give one row per line are its lines looked
    at one by one: the price of damage is paid where the damage is.
    """

    def __init__(self, path: Path, wanted: Wanted, csv: Csv, chunk_rows: int) -> None:
        self._path, self._csv, self._chunk_rows, self._wanted = path, csv, chunk_rows, wanted
        self._width = 0  # until the header is known
        self._delimiter: str = csv.delimiter or ","
        try:
            head = next(self._lines(), ([], 0))[0]
        except (LookupError, UnicodeError):
            raise SourceError(f"{path.name} is not {csv.encoding}; set csv.encoding, for example latin-1") from None
        text = head[0].decode("utf-8", errors="replace") if head else ""
        if not text or len(text) >= LONGEST_HEADER:
            raise SourceError(f"{path.name} has no first line that could be a header")
        self._delimiter = csv.delimiter or max(DELIMITERS, key=text.count)
        names = _cells(text, self._delimiter)
        if names is None:
            raise SourceError(f"{path.name}: a quote is opened and never closed in the header")
        self._width = len(names)
        self._places = wanted.places([name.strip() for name in names])
        if not self._places:
            raise SchemaError(
                f"{path.name} has none of the expected columns (client_id, answered_on, ...); is it the right file, "
                "and are names written just so? In a scoring config, source.columns maps other names"
            )
        self.total_rows: int | None = None
        if next(self.chunks(), None) is None:
            raise SourceError(f"{path.name} has a header and no rows")

    def stamp(self) -> dict[str, str]:
        """Return the digest of the content."""
        return {"sha256": file_digest(self._path)}

    def chunks(self, start: int = 0) -> Generator[Chunk, None, None]:
        """Yield the lines of a block in parts of equal size, at most `chunk_rows` rows each."""
        index, first_row, before = 0, 1, self._path.stat()
        header = True
        for lines, done in self._lines():
            whole = lines[1:] if header else lines
            header = False
            pieces = math.ceil(len(whole) / self._chunk_rows)
            for bounds in np.array_split(np.arange(len(whole)), pieces) if pieces else []:
                if index >= start:
                    yield self._chunk(index, first_row, whole[bounds[0] : bounds[-1] + 1])
                index, first_row = index + 1, first_row + len(bounds)
            self.total_rows = round((first_row - 1) * before.st_size / max(done, 1))
        self.total_rows = first_row - 1
        after = self._path.stat()
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            raise SourceError(f"{self._path.name} changed while it was read")

    def _lines(self) -> Iterator[tuple[list[bytes], int]]:
        """Yield records of a block, without line ends, and the bytes read so far; b"" stands for one too long."""
        carry, skipping, done = b"", False, 0
        for block in self._blocks():
            done += len(block)
            last = not block
            carry += block
            if skipping:
                _, end, carry = carry.partition(b"\n")
                if not end and not last:
                    carry = b""
                    continue
                skipping = False
            cut = len(carry) if last else carry.rfind(b"\n") + 1
            body, carry = carry[:cut], carry[cut:]
            records, rest = self._records(body, last)
            carry = rest + carry
            if len(carry) > LONGEST_LINE and b"\n" not in carry:
                records, carry, skipping = [*records, b""], b"", True
            if records:
                yield records, done

    def _blocks(self) -> Iterator[bytes]:
        """Yield the file as UTF-8 with line feeds as line ends, in blocks, and at last an empty one."""
        plain = self._csv.encoding.lower() in ("utf-8", "utf8", "utf-8-sig", "ascii")
        decode = None if plain else codecs.getincrementaldecoder(self._csv.encoding)(errors="replace").decode
        first, old_ends = True, False
        with self._path.open("rb") as file:
            while block := file.read(BLOCK_BYTES):
                if decode:
                    block = decode(block).encode()
                if first:
                    block = block.removeprefix(codecs.BOM_UTF8)
                    old_ends = b"\r" in block and b"\n" not in block
                    first = False
                if old_ends:
                    block = block.replace(b"\r", b"\n")
                if block:
                    yield block
        yield b""

    def _records(self, body: bytes, last: bool) -> tuple[list[bytes], bytes]:
        """Return the records of whole lines, and lines at the end whose record may go on in the next block."""
        lines = [line for line in body.split(b"\n") if line.strip()]
        if body.count(b'"') % 2 == 0 and not any(line.count(b'"') % 2 for line in (lines if b'"' in body else ())):
            return [b"" if len(line) > LONGEST_LINE else line for line in lines], b""
        records: list[bytes] = []
        place = 0
        while place < len(lines):
            taken = 1
            if lines[place].count(b'"') % 2 and self._split(lines[place]) is None:
                if place + LOOK_AHEAD > len(lines) and not last:
                    return records, b"".join(line + b"\n" for line in lines[place:])
                taken = self._closes(lines[place : place + LOOK_AHEAD])
            record = b"\n".join(lines[place : place + taken])
            records.append(b"" if len(record) > LONGEST_LINE else record)
            place += taken
        return records, b""

    def _closes(self, lines: list[bytes]) -> int:
        """Return how many of `lines` make one whole record; 1 if none do, so that no more than a line is lost."""
        record = lines[0]
        for taken, line in enumerate(lines[1:], 2):
            record += b"\n" + line
            if line.count(b'"') % 2:
                return taken if self._split(record) is not None else 1
        return 1

    def _split(self, record: bytes) -> list[str] | None:
        """Return the cells of a record if they are as many as the header has."""
        found = _cells(record.decode("utf-8", errors="replace"), self._delimiter)
        return found if found is not None and len(found) == self._width else None

    def _chunk(self, index: int, first_row: int, records: list[bytes]) -> Chunk:
        table = self._parse(records)
        good, broken = np.arange(len(records)), nothing(BROKEN)
        if table is None:
            codes = np.array([self._fault(record) for record in records], dtype=object)
            good = np.flatnonzero(codes == "")
            table, odd = self._parse_good([records[k] for k in good])
            codes[good[odd]] = "ragged"
            good = np.flatnonzero(codes == "")
            bad = np.flatnonzero(codes != "")
            reasons = [f"line: {REASONS[code]}" for code in codes[bad]]
            found = {"row": bad + first_row, "code": [f"line:{code}" for code in codes[bad]], "reason": reasons}
            broken = pd.DataFrame(found).astype(BROKEN)
        frame = self._typed(table).to_pandas(types_mapper=nullable)
        return Chunk(index, first_row, len(records), frame, good + first_row, broken)

    def _fault(self, record: bytes) -> str:
        """Return why a record cannot be read, or nothing."""
        if not record:
            return "too_long"
        try:
            text = record.decode("utf-8")
        except UnicodeDecodeError:
            return "encoding"
        if "\ufffd" in text and self._csv.encoding.lower() not in ("utf-8", "utf8"):
            return "encoding"
        return "" if self._split(record) is not None else "ragged"

    def _parse(self, records: list[bytes]) -> pa.Table | None:
        """Return the wanted cells as text, or None unless each record gives one row."""
        names = [f"f{place}" for place in range(self._width)]
        mine = [names[place] for place in self._places.values()]
        body = b"\n".join(records) + b"\n"
        replaced = b"\xef\xbf\xbd" in body and self._csv.encoding.lower() not in ("utf-8", "utf8")
        if replaced or not records or b"" in records[:1] or b"\n\n" in body or body.count(b'"') % 2:
            return None
        try:
            table = pa.csv.read_csv(
                pa.BufferReader(body),
                read_options=pa.csv.ReadOptions(column_names=names, block_size=len(body) + 1),
                parse_options=pa.csv.ParseOptions(delimiter=self._delimiter, newlines_in_values=True),
                convert_options=pa.csv.ConvertOptions(
                    include_columns=mine,
                    column_types=dict.fromkeys(mine, pa.string()),
                    null_values=[""],
                    strings_can_be_null=True,
                    quoted_strings_can_be_null=True,
                ),
            )
        except (pa.ArrowException, UnicodeError):
            return None
        return table.rename_columns(list(self._places)) if table.num_rows == len(records) else None

    def _parse_good(self, records: list[bytes]) -> tuple[pa.Table, list[int]]:
        """Return the wanted cells of records that look whole, and the places of those that still are not.

        Two parsers may differ on an odd quote; halving finds the records they differ on.
        """
        table = self._parse(records)
        if table is not None:
            return table, []
        if len(records) < 2:
            nothing = pa.table({name: pa.array([], pa.string()) for name in self._places})
            return nothing, list(range(len(records)))
        half = len(records) // 2
        (one, odd), (two, more) = self._parse_good(records[:half]), self._parse_good(records[half:])
        return pa.concat_tables([one, two]), [*odd, *(half + place for place in more)]

    def _typed(self, table: pa.Table) -> pa.Table:
        """Return columns of numbers as such where every cell is one; others stay text for the schema to judge."""
        for place, name in enumerate(table.column_names):
            kind = pa.int8() if name in self._wanted.whole else pa.float64() if name in self._wanted.numbers else None
            if kind is None:
                continue
            given = table.column(name)
            if self._csv.decimal == ",":
                given = pc.replace_substring_regex(given, r"^(\s*-?\d+),(\d+\s*)$", r"\1.\2")
            read = _as_number(given, kind)
            table = table.set_column(place, name, given if read is None else read)
        return table


def _as_number(given: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray | None:
    """Return text as numbers, or None unless every cell is a plain one."""
    try:
        read = given.cast(kind)
    except pa.ArrowInvalid:
        return None
    # Arrow would take hexadecimal digits for whole numbers, and words for "not a number".
    if pa.types.is_floating(kind):
        odd = pc.is_nan(read)
    elif (pc.max(pc.binary_length(given)).as_py() or 0) < len("0x0"):
        return read
    else:
        odd = pc.match_substring(given, "x", ignore_case=True)
    return None if pc.any(odd).as_py() else read


def _cells(line: str, delimiter: str) -> list[str] | None:
    """Return the cells of a record, or None if a quote never closes."""
    try:
        rows = list(cells_of.reader(line.splitlines(keepends=True), delimiter=delimiter, strict=True))
    except cells_of.Error:
        return None
    return rows[0] if len(rows) == 1 else None
