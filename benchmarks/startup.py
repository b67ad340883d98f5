"""How long `eriq --help` takes, as a ratio to `python -c pass` in the same minute.

Run: python benchmarks/startup.py [--runs 11] [--imports 10]
"""

import argparse
import os
import statistics
import subprocess
import sys
import time

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
    taken: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(given.runs):  # in turn, so that a busy minute meets all of them
        for name, arguments in COMMANDS.items():
            taken[name].append(seconds(arguments))
    bare = statistics.median(taken["python -c pass"])
    print(f"median of {given.runs} runs in turn; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    for name, times in taken.items():
        middle = statistics.median(times)
        print(f"{name:<30} {middle:6.3f} s  (least {min(times):.3f})  {middle / bare:5.1f} times python -c pass")
    found = imports()
    loaded = sorted({name.split(".")[0] for _, name in found} & HEAVY)
    print(f"heavy libraries that eriq --help imports: {', '.join(loaded) or 'none'}")
    for whole, name in found[: given.imports]:
        print(f"{whole / 1000:8.1f} ms  {name}")


if __name__ == "__main__":
    main()
