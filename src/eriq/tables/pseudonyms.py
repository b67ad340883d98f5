"""Keyed pseudonyms in place of ids, row by row through files of any size; every other cell stays as it is."""

import csv as python_csv
import hashlib
import hmac
import io
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from eriq.config import Csv
from eriq.errors import CountError, SchemaError, SourceError
from eriq.tables.files import DELIMITERS, to_frame
from eriq.tables.schema import Column, read_column
from eriq.tables.stamped import Stamp, stamped

CASEWORKER = "caseworker_id"
ROWS = 20_000  # held at a time
SIGNS = 32  # of 64 hexadecimal ones: a collision is checked for, and not expected in the lifetime of anybody


class Pseudonyms:
    """The pseudonyms of one key: HMAC-SHA256 of the id as text, the same for the same person in every table.

    Clients and caseworkers with the same id get different pseudonyms.

    Parameters
    ----------
    key : bytes
        Kept out of every text and file.

    References
    ----------
    Krawczyk, Bellare and Canetti (1997), RFC 2104.

    Examples
    --------
    >>> names = Pseudonyms(b"k" * 32)
    >>> one, other, again = names.of(pd.Series(["007", "7", " 007 "]), "client_id", "persons.csv")
    >>> one == again, one == other, len(one)
    (True, False, 33)
    """

    def __init__(self, key: bytes) -> None:
        self._key = hmac.new(key, digestmod=hashlib.sha256)
        self._known: dict[tuple[str, str], str] = {}
        self._rest: dict[str, bytes] = {}  # by pseudonym: the digest it was cut from

    def of(self, given: pd.Series, column: str, table: str) -> pd.Series:
        """Return pseudonyms of ids, read as everywhere else: text, without blanks around it; gaps stay gaps.

        Raises
        ------
        SchemaError
            When something is no id.
        CountError
            When two people would get the same pseudonym.
        """
        text = read_column(given, Column(column, "str"))
        blank = given.isna() | (given.astype("str").str.strip() == "")
        if unreadable := int((text.isna() & ~blank).sum()):
            raise SchemaError(f"{table}, {column}: {unreadable:,} cell(s) are no ids: text or whole numbers are")
        whose = "caseworker" if column == CASEWORKER else "client"
        return text.map(lambda name: self._one(whose, name), na_action="ignore")

    def _one(self, whose: str, name: str) -> str:
        known = self._known.get((whose, name))
        if known is not None:
            return known
        made = self._key.copy()
        made.update(f"{whose}\0{name}".encode())
        pseudonym = f"p{made.hexdigest()[:SIGNS]}"
        if self._rest.setdefault(pseudonym, made.digest()) != made.digest():
            raise CountError("two people would get the same pseudonym; take another key")
        self._known[(whose, name)] = pseudonym
        return pseudonym

    def __len__(self) -> int:
        return len(self._known)


def replace_ids(path: Path, to: Path, columns: Sequence[str], names: Pseudonyms, csv: Csv) -> int:
    """Write a table anew with pseudonyms in its columns of ids, and return how many rows it has.

    Parameters
    ----------
    path, to : Path
        CSV or text, or Parquet; what is written is of the same kind. The bytes read are those digested before.
    columns : sequence of str
        Those that are there; at least one has to be.
    names : Pseudonyms
    csv : Csv
        How a text file is written.

    Raises
    ------
    SourceError, SchemaError
        When the table cannot be read, or has none of the columns.
    """
    _, (taken,) = stamped([path])
    return (_parquet if path.suffix.lower() == ".parquet" else _text)(taken, to, columns, names, csv)


def _there(columns: Sequence[str], found: Sequence[str], name: str) -> list[str]:
    """Return the columns of ids that a table has."""
    there = [column for column in (*columns, CASEWORKER) if column in found]
    if not there:
        raise SchemaError(f"{name} has none of the columns {', '.join(columns)}; --id-column names others")
    if twice := [column for column in there if list(found).count(column) > 1]:
        raise SchemaError(f"{name}: column {twice[0]} is there {list(found).count(twice[0])} times")
    return list(dict.fromkeys(there))


def _text(taken: Stamp, to: Path, columns: Sequence[str], names: Pseudonyms, csv: Csv) -> int:
    name, total = taken.path.name, 0
    encoding = "utf-8-sig" if csv.encoding.lower() in ("utf-8", "utf8") else csv.encoding
    try:
        with io.TextIOWrapper(taken.open(), encoding=encoding, newline="") as file:
            delimiter: str = csv.delimiter or max(DELIMITERS, key=file.readline().count)
            file.seek(0)
            rows = python_csv.reader(file, delimiter=delimiter, strict=True)
            header = [cell.strip() for cell in next(rows, [])]
            there = _there(columns, header, name)
            with to.open("w", encoding=csv.encoding, newline="") as made:
                writer = python_csv.writer(made, delimiter=delimiter, lineterminator="\n")
                writer.writerow(header)
                body = _whole(rows, len(header), name)
                while part := list(islice(body, ROWS)):
                    writer.writerows(_replaced(part, there, header, names, name))
                    total += len(part)
    except python_csv.Error:
        raise SourceError(f"{name}: a quote is opened and not closed as it should be") from None
    except (UnicodeError, LookupError):
        raise SourceError(f"{name} is not {csv.encoding}; give --encoding, for example latin-1") from None
    return total


def _whole(rows: Iterator[list[str]], width: int, name: str) -> Iterator[list[str]]:
    for number, row in enumerate(rows, 1):
        if row and len(row) != width:
            raise SourceError(f"{name}: row {number:,} has more or fewer cells than the header")
        if row:
            yield row


def _replaced(
    rows: Sequence[list[str]], there: Sequence[str], header: Sequence[str], names: Pseudonyms, table: str
) -> Sequence[list[str]]:
    for column in there:
        place = header.index(column)
        found = names.of(pd.Series([row[place] for row in rows], dtype="str"), column, table)
        for row, pseudonym in zip(rows, found.fillna(""), strict=True):
            row[place] = pseudonym
    return rows


def _parquet(taken: Stamp, to: Path, columns: Sequence[str], names: Pseudonyms, _csv: Csv) -> int:
    name, total = taken.path.name, 0
    try:
        with taken.open() as file, pq.ParquetFile(file) as source:
            found = source.schema_arrow.names
            there = _there(columns, found, name)
            # What pandas noted about types would no longer hold.
            schema = source.schema_arrow.remove_metadata()
            for column in there:
                schema = schema.set(found.index(column), pa.field(column, pa.string()))
            with pq.ParquetWriter(to, schema) as writer:
                for batch in source.iter_batches(ROWS):
                    table = pa.Table.from_batches([batch])
                    for column in there:
                        ids = names.of(to_frame(table.select([column]))[column], column, name)
                        cells = pa.array(ids.astype(object).where(ids.notna(), None), pa.string())
                        table = table.set_column(found.index(column), column, cells)
                    writer.write_table(table.cast(schema))
                    total += len(table)
    except (pa.ArrowException, ValueError) as why:
        raise SourceError(f"{name} is not a readable Parquet file ({type(why).__name__})") from None
    return total
