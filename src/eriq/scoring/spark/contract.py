"""What driver and executors must agree on: names of columns, kinds, and one thread for each task."""

import pyarrow as pa

from eriq.scoring.kinds import Kind
from eriq.scoring.set_aside import SET_ASIDE

ROW, BUCKET, TABLE = "_eriq_row", "_eriq_bucket", "_eriq_table"
# In one table with the scores, the ids of a row set aside have names of their own: here -> in SET_ASIDE.
ASIDE = {f"rejected_{n}" if n in ("client_id", "answered_on") else n: n for n in SET_ASIDE if n != "row"}
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}
# Kinds of output columns, as Spark and as Arrow call them.
DDL: dict[Kind, str] = {
    "text": "string",
    "number": "double",
    "whole": "bigint",
    "flag": "boolean",
    "day": "timestamp_ntz",
}
ARROW: dict[Kind, pa.DataType] = {
    "text": pa.string(),
    "number": pa.float64(),
    "whole": pa.int64(),
    "flag": pa.bool_(),
    "day": pa.timestamp("us"),
}
