"""How time and memory of `simulate` and `check` grow with people: ratios, exponents and a picture.

Every size runs in a process of its own, so that its peak memory is its own; time is processor time. An exponent is
the slope of the logarithms of work over those of questionnaires, between two sizes or through all; memory is less that
of the imports. With `--facts few` people have 16 spells and events in place of 48: a shorter history, fewer contacts.

Run: python benchmarks/growth.py [--clients 5000 20000 100000 500000 1000000] [--format parquet] [--facts few]
     [--keep FOLDER] [--picture growth.png]

A million clients take about six minutes, 4.3 GiB of memory and, in Parquet, half a GiB of disk.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

CONFIG = """version: 1
name: growth
question: How does the work of checking grow?
source:
  kind: tables
{files}
contenders:
  - {{blocks: [register_full, questionnaire + register_full], estimators: [logistic]}}
headline: {{with: questionnaire + register_full, without: register_full}}
"""
FEW = """version: 1
name: few
extends: {claim}
words: as claim, with a shorter history and fewer contacts
population: {{gp_contacts_per_year: 0.12}}
careers: {{history_weeks: 80}}
"""
TABLES = ("answers", "persons", "spells", "events")
MEASURED = """
import json, resource, sys, time
{start}
before = resource.getrusage(resource.RUSAGE_SELF)
{work}
after = resource.getrusage(resource.RUSAGE_SELF)
spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
print(json.dumps([spent, after.ru_maxrss / 2**20, before.ru_maxrss / 2**20]))
"""
SIMULATE = (
    "from typer.testing import CliRunner; from eriq.cli import app; import eriq.workflows.make",
    "done = CliRunner().invoke(app, ['simulate', '--out', {folder!r}, '--clients', '{clients}', '--seed', '1', "
    "'--format', {form!r}, '--preset', {preset!r}]); assert done.exit_code == 0, done.output",
)
CHECK = ("from eriq.workflows.check import check", "check({config!r})")


def measured(work: tuple[str, str], **names: object) -> tuple[float, float, float]:
    """Return processor seconds, peak memory and memory after imports in GiB of a process that does `work`."""
    code = MEASURED.format(start=work[0], work=work[1].format(**names))
    said = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, check=True).stdout
    seconds, peak, imports = json.loads(said.splitlines()[-1])
    return seconds, peak, imports


def exponent(rows: list[int], work: list[float]) -> float:
    """Return the slope of log work on log rows, NaN with one size."""
    return float(np.polyfit(np.log(rows), np.log(work), 1)[0]) if len(rows) > 1 else float("nan")


def since(rows: list[int], numbers: list[tuple[float, float, float]]) -> str:
    """Return the ratio to the size before, and how time and memory grew since then, in words."""
    if len(rows) < 2:
        return ""
    seconds = [number[0] for number in numbers[-2:]]
    time, memory = exponent(rows[-2:], seconds), exponent(rows[-2:], [number[1] - number[2] for number in numbers[-2:]])
    return (
        f", {seconds[1] / seconds[0]:.2f} times the size before: time as rows^{time:.2f}, memory as rows^{memory:.2f}"
    )


def picture(path: str, rows: list[int], found: dict[str, list[tuple[float, float, float]]]) -> None:
    """Draw time and memory against questionnaires, with the line of rows^1.1 through the smallest size."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    for axis, place, label in zip(axes, (0, 1), ("processor time, s", "peak memory, GiB"), strict=True):
        for name, numbers in found.items():
            values = [number[place] for number in numbers]
            (line,) = axis.loglog(rows, values, "o-", label=name)
            allowed = values[0] * (np.array(rows) / rows[0]) ** 1.1
            axis.loglog(rows, allowed, ":", color=line.get_color(), label=f"{name}: rows^1.1")
        axis.set(xlabel="questionnaires", ylabel=label)
        axis.legend()
    figure.savefig(path, dpi=120)


def main() -> None:
    """Print a line per size with exponents since the size before, and exponents through all."""
    from eriq.config import shipped

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, nargs="+", default=[5_000, 20_000, 100_000])
    parser.add_argument("--format", choices=("csv", "parquet"), default="csv")
    parser.add_argument(
        "--facts", choices=("claim", "few"), default="claim", help="spells and events: 48 or 16 a client"
    )
    parser.add_argument("--keep", help="folder in which tables stay; those of an earlier run are only checked")
    parser.add_argument("--picture", help="PNG to draw")
    given = parser.parse_args()
    rows: list[int] = []
    found: dict[str, list[tuple[float, float, float]]] = {}
    for clients in sorted(given.clients):
        with tempfile.TemporaryDirectory() as kept:
            folder, config = Path(given.keep or kept) / f"{given.facts}-{clients}", Path(kept) / "growth.yaml"
            files = "\n".join(f"  {table}: {folder / table}.{given.format}" for table in TABLES)
            config.write_text(CONFIG.format(files=files), "utf-8")
            preset = Path(kept) / "few.yaml"
            preset.write_text(FEW.format(claim=shipped("simulation", "claim").resolve()), "utf-8")
            named = str(preset) if given.facts == "few" else "claim"
            if not folder.exists():
                made = measured(SIMULATE, folder=str(folder), clients=clients, form=given.format, preset=named)
                found.setdefault("simulate", []).append(made)
            rows.append(questionnaires(folder / f"answers.{given.format}"))
            found.setdefault("check", []).append(measured(CHECK, config=str(config)))
        found = {name: numbers for name, numbers in found.items() if len(numbers) == len(rows)}  # measured throughout
        for name, numbers in found.items():
            seconds, peak, _ = numbers[-1]
            beside = since(rows, numbers)
            size = f"{clients:>9,} clients {rows[-1]:>9,} rows"
            print(f"{size}  {name:<9}{seconds:7.1f} s {peak:6.2f} GiB{beside}", flush=True)
    for name, numbers in found.items():
        time = exponent(rows, [number[0] for number in numbers])
        memory = exponent(rows, [number[1] - number[2] for number in numbers])
        print(f"{name}: time grows as rows^{time:.2f}, memory as rows^{memory:.2f} (allowed: 1.10)")
    if given.picture:
        picture(given.picture, rows, found)


def questionnaires(file: Path) -> int:
    """Return the rows of a table."""
    from eriq.tables.files import read_table

    return len(read_table(file))


if __name__ == "__main__":
    main()
