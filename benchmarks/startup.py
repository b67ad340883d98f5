"""How long `eriq --help` takes, as a ratio to `python -c pass`, and `eriq score` of 100 rows, to `import pandas`.

Run: python benchmarks/startup.py [--runs 11] [--imports 10]
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

COMMANDS = {
    "python -c pass": ["-c", "pass"],
    "import eriq": ["-c", "import eriq"],
    "eriq --help": ["-m", "eriq", "--help"],
    "eriq score --help": ["-m", "eriq", "score", "--help"],
    "eriq instrument check eriq22": ["-m", "eriq", "instrument", "check", "eriq22"],
}
HEAVY = {"duckdb", "jinja2", "lightgbm", "matplotlib", "mlflow", "numpy", "pandas", "pyarrow", "pyspark", "scipy"}
HEAVY |= {"shap", "sklearn", "skops", "sqlalchemy"}


def seconds(arguments: list[str]) -> float:
    """Return the wall-clock seconds of one run."""
    start = time.perf_counter()
    subprocess.run([sys.executable, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def made_job(folder: Path) -> list[str]:
    """Write a saved line of 22 answers and 25 register columns and 100 rows; return the words that score them."""
    import pyarrow.csv

    from eriq.model.bundle import save_bundle
    from eriq.model.calibrator import Calibrator
    from eriq.model.model import Model
    from eriq.study.learning.estimators import ESTIMATORS
    from scoring import made_bundle, made_rows  # of this folder

    trees = made_bundle(folder / "models", trees=1, leaves=2)
    used, table = trees.features, made_rows(0, 2000, trees)
    matrix = table.select([f.item or f.name for f in used]).to_pandas().to_numpy("float64")
    line = ESTIMATORS["logistic"].make(used, 1).fit(matrix, (matrix[:, 0] > 2).astype(int))
    model = Model("linear", trees.model.columns, line, Calibrator(0.0, 1.0))
    saved = save_bundle(model, used, trees.manifest, "made up", matrix[:50], folder / "models", "line")
    pyarrow.csv.write_csv(table.slice(0, 100), folder / "rows.csv")
    out = ["--out", str(folder / "scores.csv"), "--overwrite"]
    return ["-m", "eriq", "score", str(saved.folder), str(folder / "rows.csv"), *out]


def imports() -> list[tuple[int, str]]:
    """Return microseconds (with what it imports itself) and name of each module that `eriq --help` imports."""
    run = [sys.executable, "-X", "importtime", "-m", "eriq", "--help"]
    told = subprocess.run(run, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=True).stderr
    lines = [line.split("|") for line in told.splitlines() if line.startswith("import time:")]
    return sorted(((int(whole), name.strip()) for _, whole, name in lines if whole.strip().isdigit()), reverse=True)


def main() -> None:
    """Print medians, their ratios to an empty Python, and the dearest imports."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=11)
    parser.add_argument("--imports", type=int, default=10)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        commands = {
            **COMMANDS,
            "import pandas": ["-c", "import pandas"],
            "eriq score of 100 rows": made_job(Path(folder)),
        }
        taken: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(given.runs):  # in turn, so that a busy minute meets all of them
            for name, arguments in commands.items():
                taken[name].append(seconds(arguments))
    bare, pandas = (statistics.median(taken[name]) for name in ("python -c pass", "import pandas"))
    print(f"median of {given.runs} runs in turn; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    for name, times in taken.items():
        middle, least = statistics.median(times), min(times)
        print(f"{name:<30} {middle:6.3f} s  (least {least:.3f})  {middle / bare:5.1f} times python -c pass")
    scored = statistics.median(taken["eriq score of 100 rows"])
    print(f"eriq score of 100 rows / import pandas: {scored / pandas:.1f} (asked: 1.5 s on a quiet machine)")
    found = imports()
    loaded = sorted({name.split(".")[0] for _, name in found} & HEAVY)
    print(f"heavy libraries that eriq --help imports: {', '.join(loaded) or 'none'}")
    for whole, name in found[: given.imports]:
        print(f"{whole / 1000:8.1f} ms  {name}")


if __name__ == "__main__":
    main()
