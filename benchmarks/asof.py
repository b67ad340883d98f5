"""The heaviest join of a study, answers with the events known on their day: arrays by client against DuckDB.

Both count, for every answer, the events of each kind in the five years up to a month before it, and must agree. Each
runs in a process of its own, with two threads for DuckDB; time is processor time.

Run: python benchmarks/asof.py [--clients 20000 100000]   (DuckDB: pip install 'eriq[duckdb]')
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from eriq.simulation.pieces import cohort_blocks
from eriq.tables.pieces import write_pieces

READ = """
import json, resource, time
import numpy as np, pandas as pd, pyarrow.parquet as pq
from eriq.tables.by_client import blocks, by_client, days_of
from eriq.tables.schema import EVENTS
import duckdb
answers = pd.read_parquet({folder!r} + "/answers.parquet", columns=["client_id", "answered_on"])
events = pd.read_parquet({folder!r} + "/events.parquet", columns=["client_id", "occurred_on", "kind"])
known = pd.CategoricalDtype(pd.unique(pd.concat([answers["client_id"], events["client_id"]])))
events = events.astype({{"client_id": known, "kind": pd.CategoricalDtype(EVENTS)}})
LAG, YEARS = 30, 5 * 364
before = resource.getrusage(resource.RUSAGE_SELF)
{work}
after = resource.getrusage(resource.RUSAGE_SELF)
spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
print(json.dumps([spent, (after.ru_maxrss - before.ru_maxrss) / 2**20, [int(t) for t in total]]))
"""
WORK = {
    "arrays": """
facts = by_client(events["client_id"])
place, day = facts.place(answers["client_id"]), days_of(events["occurred_on"], 0)
kind, cut = events["kind"].cat.codes.to_numpy(), days_of(answers["answered_on"], 0) - LAG
counts = np.empty((len(answers), len(EVENTS)))
for block in blocks(len(answers)):
    row, fact = facts.pairs(place[block])
    back = cut[block][row] - day[fact]
    seen = (back >= 0) & (back < YEARS)
    both = row[seen] * len(EVENTS) + kind[fact[seen]]
    counts[block] = np.bincount(both, minlength=(block.stop - block.start) * len(EVENTS)).reshape(-1, len(EVENTS))
total = counts.sum(axis=0)
""",
    "DuckDB": """
base = duckdb.connect(config={{"threads": 2}})
base.execute("PRAGMA disable_progress_bar")
rows = answers.assign(row=np.arange(len(answers)), client_id=answers["client_id"].astype(events["client_id"].dtype))
wanted = ", ".join(f"count(*) FILTER (e.kind = '{{name}}') AS n{{at}}" for at, name in enumerate(EVENTS))
counts = base.execute(f'''SELECT r.row, {{wanted}} FROM rows r JOIN events e ON e.client_id = r.client_id
    AND e.occurred_on <= r.answered_on - INTERVAL {{LAG}} DAY
    AND e.occurred_on > r.answered_on - INTERVAL {{LAG + YEARS}} DAY GROUP BY r.row''').df()
total = counts.drop(columns="row").sum().to_numpy()
""",
}


def measured(folder: str, work: str) -> tuple[float, float, list[int]]:
    """Return processor seconds, memory on top of the tables in GiB, and events of each kind."""
    code = READ.format(folder=folder, work=work.replace("{{", "{").replace("}}", "}"))
    said = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, check=True).stdout
    seconds, memory, total = json.loads(said.splitlines()[-1])
    return seconds, memory, total


def main() -> None:
    """Print time and memory of both at each size, and the ratio of their times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, nargs="+", default=[20_000, 100_000])
    from eriq.instrument.instrument import load_instrument
    from eriq.simulation.settings import load_simulation

    for clients in parser.parse_args().clients:
        with tempfile.TemporaryDirectory() as folder:
            paths = {name: Path(folder) / f"{name}.parquet" for name in ("answers", "events")}
            made = cohort_blocks(load_simulation("claim"), load_instrument("eriq22"), clients, seed=1)
            rows = write_pieces(({name: getattr(block, name) for name in paths} for block in made), paths)
            found = {name: measured(folder, work) for name, work in WORK.items()}
        assert found["arrays"][2] == found["DuckDB"][2], "the two do not agree"
        print(f"{clients:,} clients, {rows['answers']:,} answers, {rows['events']:,} events")
        for name, (seconds, memory, _) in found.items():
            ratio = seconds / found["arrays"][0]
            print(f"  {name:<8}{seconds:6.2f} s  {memory:5.2f} GiB on top of the tables  {ratio:.2f} times arrays")


if __name__ == "__main__":
    main()
