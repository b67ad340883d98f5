"""Chunks of scores as Arrow tables, and as cells that a text file may hold."""

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

# How a cell begins that a spreadsheet would run, also where it takes ; or tab for the end of a cell. An
# apostrophe gets another one: two different cells never become one.
FORMULA = r"(^|[;\t\r\n])(['=+\-@\x{FF1D}\x{FF0B}\x{FF0D}\x{FF20}])"
BLANK = r"^([;\t\r\n])"
SAFE_CELLS = (
    "an apostrophe stands before = + - @ (also full-width) and ' where a text cell begins or after ; tab or line "
    "break in it, and before ; tab or line break at its beginning"
)


def arrow(frame: pd.DataFrame) -> pa.Table:
    """Return a table whose column types do not depend on what a chunk happens to hold."""
    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata()
    for place, given in enumerate(table.schema):
        kind = given.type
        if pa.types.is_dictionary(kind):
            kind = pa.dictionary(pa.int32(), pa.string())
        elif pa.types.is_large_string(kind) or pa.types.is_null(kind):
            kind = pa.string()
        elif pa.types.is_timestamp(kind):
            kind = pa.date32()
        if kind != given.type:
            table = table.set_column(place, given.name, table.column(place).cast(kind))
    return table


def as_text(table: pa.Table) -> pa.Table:
    """Return a table as a CSV may hold it: plain text, and no cell that a spreadsheet would run.

    >>> as_text(pa.table({"id": ["=1+1", "a-b", None], "n": [-1.5, 0.0, 1.0]})).to_pydict()
    {'id': ["'=1+1", 'a-b', None], 'n': [-1.5, 0.0, 1.0]}
    """
    for place, given in enumerate(table.schema):
        column = table.column(place)
        if pa.types.is_dictionary(given.type):
            # Words are few: made safe once, then looked up.
            column = pa.chunked_array(
                [_safe(chunk.dictionary).take(chunk.indices) for chunk in column.chunks], pa.string()
            )
        elif pa.types.is_string(given.type):
            column = _safe(column)
        else:
            continue
        table = table.set_column(place, given.name, column)
    return table


def _safe(cells: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    for pattern, guarded in ((FORMULA, r"\1'\2"), (BLANK, r"'\1")):
        if pc.any(pc.match_substring_regex(cells, pattern)).as_py():
            cells = pc.replace_substring_regex(cells, pattern, guarded)
    return cells
