"""Text as a source: a damaged record is set aside, and no cell ever becomes a row."""

import codecs
import csv as python_csv
import math
import re
from collections.abc import Callable, Generator, Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from eriq.config import Csv
from eriq.errors import SchemaError, SourceError
from eriq.scoring.set_aside import BROKEN
from eriq.scoring.sources.base import Chunk, Source, Wanted
from eriq.scoring.sources.records import REASONS, Records, records_of, split
from eriq.tables.files import LONGEST_HEADER, delimiter_of, nullable
from eriq.tables.schema import is_text
from eriq.tables.stamped import Stamp, stamped

BLOCK_BYTES = 8_000_000  # of text read at a time: bounds memory however wide a line is
PLAIN = ("utf-8", "utf8", "utf-8-sig", "ascii")  # read as they stand


class CsvSource(Source):
    """A text file, block by block; a damaged record is set aside and the next one is read.

    Arrow parses a block at one go. Where it refuses, Python's own reader goes through the block record by record:
    the price of damage is paid where the damage is. `taken` is a file that was stamped already, wherever it is kept.

    Raises
    ------
    SourceError
        When there is no header or no row, the encoding is unknown, or an open quote leaves in doubt what is a row.
    SchemaError
        When there is none of the wanted columns.
    """

    def __init__(
        self, path: Path, wanted: Wanted, csv: Csv, chunk_rows: int, taken: tuple[str, list[Stamp]] | None = None
    ) -> None:
        self._path, self._csv, self._chunk_rows, self._wanted = path, csv, chunk_rows, wanted
        self._plain = csv.encoding.lower() in PLAIN
        self._read = 0  # bytes of the file
        self._texts = set[str]()  # columns of numbers of which some cell was none: read as text from then on
        self._first: tuple[pa.Table, np.ndarray] | None = None  # what was parsed to see that there are rows
        self._sha256, (self._file,) = taken or stamped([path])
        names, self._delimiter, self._header, self._first_line = self._head()
        self._width = len(names)
        found = [name.strip() for name in names]
        self._places, self.notices = wanted.places(found), wanted.unread(found)
        if not self._places:
            raise SchemaError(
                f"{path.name} has none of the expected columns (client_id, answered_on, ...); is it the right file, "
                "and are names written just so? In a scoring config, source.columns maps other names"
            )
        self.total_rows: int | None = None
        if next(self._chunks(0, keep=True), None) is None:
            raise SourceError(f"{path.name} has a header and no rows")

    def stamp(self) -> dict[str, str]:
        """Return the digest of the content."""
        return {"sha256": self._sha256}

    def chunks(self, start: int = 0) -> Generator[Chunk, None, None]:
        """Yield the records of a block in parts of equal size, at most `chunk_rows` rows each."""
        return self._chunks(start)

    def _chunks(self, start: int, *, keep: bool = False) -> Generator[Chunk, None, None]:
        index, first_row = 0, 1
        for records in records_of(self._body(), self._delimiter, self._path.name, self._first_line):
            held, self._first = self._first, None
            table, codes = held or self._parsed(records)
            if keep and not index and len(codes):  # the same bytes are read again: the stamp says so
                self._first = table, codes
            pieces = math.ceil(len(codes) / self._chunk_rows)
            for part in np.array_split(np.arange(len(codes)), pieces) if pieces else []:
                if index >= start:
                    yield self._chunk(index, first_row, table, codes, slice(part[0], part[-1] + 1))
                index, first_row = index + 1, first_row + len(part)
            self.total_rows = round((first_row - 1) * self._file.size / max(self._read, 1))
        self.total_rows = first_row - 1

    def _blocks(self) -> Iterator[bytes]:
        """Yield the file as UTF-8, in blocks, and at last an empty one."""
        first, self._read, decode = True, 0, self._decoder()
        with self._file.open() as file:
            while block := file.read(BLOCK_BYTES):
                self._read += len(block)
                block = block if self._plain else decode(block, False)
                if block := block.removeprefix(codecs.BOM_UTF8) if first else block:
                    yield block
                first = False
        if not self._plain and (rest := decode(b"", True)):
            yield rest
        yield b""

    def _decoder(self) -> Callable[[bytes, bool], bytes]:
        """Return what turns blocks of the declared encoding into UTF-8; signs it cannot read become U+FFFD."""
        unknown = SourceError(f"{self._path.name} is not {self._csv.encoding}; set csv.encoding, for example latin-1")
        try:
            "a".encode(self._csv.encoding)  # rot13 and the like are no encodings of text
            decoder = codecs.getincrementaldecoder(self._csv.encoding)(errors="replace")
        except (LookupError, ValueError, TypeError):
            raise unknown from None

        def decode(block: bytes, final: bool) -> bytes:
            try:
                return decoder.decode(block, final).encode("utf-8", "surrogatepass")
            except (ValueError, TypeError, AssertionError):  # what encodings raise that know no replacement
                raise unknown from None

        return decode

    def _head(self) -> tuple[list[str], str, int, int]:
        """Return the cells of the first record, the delimiter, and where the next line begins: byte and number."""
        name, head = self._path.name, b""
        for block in self._blocks():
            head += block
            if len(head) >= LONGEST_HEADER:
                break
        lines = head[:LONGEST_HEADER].splitlines(keepends=True)
        text = next((line.decode("utf-8", "replace") for line in lines if line.strip()), "")
        if len(text) >= LONGEST_HEADER or not text:
            raise SourceError(f"{name} has no first line that could be a header")
        delimiter: str = self._csv.delimiter or delimiter_of(text)
        taken: list[int] = []

        def given() -> Iterator[str]:
            for line in lines:
                taken.append(len(line))
                yield line.decode("utf-8", "replace")

        reader = python_csv.reader(given(), delimiter=delimiter, strict=True)
        try:
            names = next((cells for cells in reader if any(map(str.strip, cells))), [])
        except python_csv.Error:
            raise SourceError(f"{name}: a quote is opened and never closed in the header") from None
        if not names:  # as of a first line of quotes alone
            raise SourceError(f"{name} has no first line that could be a header")
        if any("\ufffd" in cell for cell in names):
            raise SourceError(f"{name}: its header is not {self._csv.encoding}; set csv.encoding, for example latin-1")
        return names, delimiter, sum(taken), len(taken) + 1

    def _body(self) -> Iterator[bytes]:
        """Yield the blocks without the header."""
        left = self._header
        for block in self._blocks():
            if not block or len(block) > left:
                yield block[left:]
            left = max(0, left - len(block))

    def _chunk(self, index: int, first_row: int, table: pa.Table, codes: np.ndarray, part: slice) -> Chunk:
        """Return a part of a block: `table` holds its whole records, `codes` what is wrong with the others."""
        mine = codes[part]
        good, bad = np.flatnonzero(mine == ""), np.flatnonzero(mine != "")
        found = {
            "row": bad + first_row,
            "code": [f"line:{code}" for code in mine[bad]],
            "reason": [f"line: {REASONS[code]}" for code in mine[bad]],
        }
        here = table.slice(int((codes[: part.start] == "").sum()), len(good))
        frame = self._typed(here).to_pandas(types_mapper=nullable)
        return Chunk(index, first_row, len(mine), frame, good + first_row, pd.DataFrame(found).astype(BROKEN))

    def _parsed(self, records: Records) -> tuple[pa.Table, np.ndarray]:
        """Return the wanted cells of whole records as text, and for every record a code or nothing."""
        if records.body and (table := self._parse(records.body)) is not None:
            return table, np.full(len(table), "", dtype=object)
        one_by_one = (split(records.body, self._delimiter, self._path.name) if records.body else records).cells
        codes = np.array([code or self._fault(cells) for code, cells in one_by_one], dtype=object)
        rows = [cells for (_, cells), code in zip(one_by_one, codes, strict=True) if not code]
        columns = {n: pa.array([row[k] or None for row in rows], pa.string()) for n, k in self._places.items()}
        return pa.table(columns), codes

    def _fault(self, cells: list[str]) -> str:
        """Return why the cells of a record are no row, or nothing."""
        text = "".join(cells)
        if not is_text(text) or (not self._plain and "\ufffd" in text):
            return "encoding"
        return "" if len(cells) == self._width else "ragged"

    def _parse(self, body: bytes) -> pa.Table | None:
        """Return the wanted cells, numbers as such where all are, or None where some record is damaged."""
        if not self._plain and b"\xef\xbf\xbd" in body:  # stands for what could not be decoded
            return None
        try:
            body.decode()  # all of it: whether a row is read does not hang on which columns are wanted
        except UnicodeError:
            return None
        # Arrow would take hexadecimal digits for whole numbers, and a comma is no sign of a number to it.
        odd = self._csv.decimal == "," or any(sign in body and b"0" + sign in body for sign in (b"x", b"X"))
        while True:
            given = set(self._places) if odd else self._texts
            kinds = {name: pa.string() if name in given else self._kind(name) or pa.string() for name in self._places}
            try:
                table = self._read_csv(body, kinds)
            except pa.ArrowException as why:
                column = re.match(r"In CSV column #(\d+): CSV conversion error", str(why))
                names = [name for name, place in self._places.items() if column and place == int(column[1])]
                if not names or pa.types.is_string(kinds[names[0]]):
                    return None
                self._texts.add(names[0])
                continue
            words = [
                n for n in table.column_names if pa.types.is_floating(kinds[n]) and pc.any(pc.is_nan(table[n])).as_py()
            ]
            if not words:
                return table
            self._texts |= set(words)  # a word that Arrow takes for "not a number" is for the schema to judge

    def _read_csv(self, body: bytes, kinds: Mapping[str, pa.DataType]) -> pa.Table:
        places = {name: f"f{self._places[name]}" for name in kinds}
        table = pa.csv.read_csv(
            pa.BufferReader(body),
            read_options=pa.csv.ReadOptions(
                column_names=[f"f{place}" for place in range(self._width)], block_size=len(body) + 1
            ),
            parse_options=pa.csv.ParseOptions(delimiter=self._delimiter, newlines_in_values=True),
            convert_options=pa.csv.ConvertOptions(
                include_columns=list(places.values()),
                column_types={places[name]: kind for name, kind in kinds.items()},
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
            ),
        )
        return table.rename_columns(list(places))

    def _kind(self, name: str) -> pa.DataType | None:
        """Return what a column of numbers is read as, None for text."""
        return pa.int8() if name in self._wanted.whole else pa.float64() if name in self._wanted.numbers else None

    def _typed(self, table: pa.Table) -> pa.Table:
        """Return columns of numbers as such where every cell is one; others stay text for the schema to judge."""
        for place, name in enumerate(table.column_names):
            kind, given = self._kind(name), table.column(name)
            if kind is None or given.type == kind:
                continue
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
