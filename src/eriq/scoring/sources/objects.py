"""Objects in a store as a source: CSV, or Parquet, one or all below a prefix, read by ranges."""

from eriq.config import Csv
from eriq.errors import SourceError
from eriq.scoring.sources.base import Source, Wanted
from eriq.scoring.sources.parquet import ParquetSource
from eriq.scoring.sources.text import CsvSource
from eriq.tables.objects import Store


def open_objects(uri: str, wanted: Wanted, csv: Csv, chunk_rows: int) -> Source:
    """Return the source for an address in a store; else as `eriq.scoring.sources.files.open_files`.

    Raises
    ------
    SourceError
        When there is no such object or bucket, access is denied, or it is of another kind.
    """
    store = Store(uri)
    kind = store.path.suffix.lower()
    if kind not in (".csv", ".txt", ".parquet", ""):
        raise SourceError(f"{store.shown}: from a store eriq reads .csv, .txt, .parquet and prefixes of Parquet")
    taken = store.stamped()
    if kind in (".csv", ".txt"):
        return CsvSource(store.path, wanted, csv, chunk_rows, taken)
    return ParquetSource(store.path, wanted, chunk_rows, taken)
