"""Text columns of Arrow as categories: every value once, and the smallest whole number that fits a row."""

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq


def coded_below_header(table: pa.Table) -> pd.DataFrame:
    """Return the rows below the names in the first, every column as categories; a repeated name stays repeated.

    Examples
    --------
    >>> cells = pa.table({"f0": pa.array(["sex", "f", None, "f"]).dictionary_encode()})
    >>> frame = coded_below_header(cells)
    >>> frame.columns.tolist(), frame["sex"].cat.categories.tolist(), frame["sex"].cat.codes.tolist()
    (['sex'], ['f'], [0, -1, 0])
    """
    names, columns = [], []
    for place in range(table.num_columns):
        code, values = _codes(table.column(place))
        head, code = code[0], code[1:]
        names.append(values[head].strip() if head >= 0 else "")
        if head == 0 and not (code == 0).any():  # the name is no value
            code, values = np.where(code > 0, code - 1, code), values[1:]
        columns.append(_categories(code, values))
    frame = pd.DataFrame(dict(enumerate(columns)), copy=False)
    return frame.set_axis(names, axis="columns")


def text_columns(file: Any) -> list[str]:
    """Return the names of the text columns of a Parquet file that is open; none of one that cannot be read."""
    try:
        schema = pq.read_schema(file)
    except (pa.ArrowException, OSError, ValueError):  # said by who reads the table
        return []
    finally:
        file.seek(0)
    return [field.name for field in schema if pa.types.is_string(field.type) or pa.types.is_large_string(field.type)]


def as_codes(table: pa.Table) -> tuple[pa.Table, dict[int, pd.Series]]:
    """Return a table without cells in its coded text, and those columns by place; text that is not UTF-8 is decoded.

    What is not UTF-8 is for the schema to judge, cell by cell.
    """
    found: dict[int, pd.Series] = {}
    for place, field in enumerate(table.schema):
        text = pa.types.is_dictionary(field.type) and pa.types.is_string(field.type.value_type)
        if not text or field.type.ordered:
            continue
        column = table.column(place)
        try:
            for chunk in column.chunks:
                chunk.dictionary.validate(full=True)
        except pa.ArrowInvalid:
            cells = column.cast(pa.dictionary(pa.int32(), pa.binary())).cast(pa.binary())
            table = table.set_column(place, field.name, pa.chunked_array([c.view(pa.string()) for c in cells.chunks]))
            continue
        found[place] = _categories(*_codes(column))
        table = table.set_column(place, field.name, pa.nulls(len(table), pa.int8()))
    return table, found


def places_among(names: pd.Index, wanted: pd.Index) -> np.ndarray:
    """Return where each of `wanted` stands among `names`, each of which stands there once; -1 where it does not.

    >>> places_among(pd.Index(["b", "a"], dtype="str"), pd.Index(["a", None, "c"], dtype="str")).tolist()
    [1, -1, -1]
    """
    if not all(isinstance(index.dtype, pd.StringDtype) for index in (names, wanted)):
        return np.asarray(names.get_indexer(wanted))
    among, these = (pa.array(index.array, pa.large_string()) for index in (names, wanted))
    return np.asarray(pc.index_in(these, value_set=among, skip_nulls=True).fill_null(-1))


def _codes(column: pa.ChunkedArray) -> tuple[np.ndarray, np.ndarray]:
    """Return a whole number per row, -1 for a gap, and the values."""
    whole = column.unify_dictionaries().combine_chunks()
    if isinstance(whole, pa.ChunkedArray):  # of no rows
        return np.empty(0, dtype=np.int32), np.empty(0, dtype=object)
    return whole.indices.fill_null(-1).to_numpy(zero_copy_only=False), whole.dictionary.to_numpy(zero_copy_only=False)


def _categories(code: np.ndarray, values: np.ndarray) -> pd.Series:
    return pd.Series(pd.Categorical.from_codes(code, categories=pd.Index(values, dtype="str")))
