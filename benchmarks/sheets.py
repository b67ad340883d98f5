"""Pages for talks per second, against reading the answers alone; 5,000 pages are asked for in 180 s on two cores."""

import argparse
import tempfile
import time
from pathlib import Path

from eriq.config.sheets import SheetSettings
from eriq.instrument.instrument import load_instrument
from eriq.workflows.make import write_cohort
from eriq.workflows.sheet import read_answers, sheets


def main() -> None:
    """Print both, and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=1_000)
    asked = parser.parse_args()
    settings = SheetSettings(groups=("long-term-social-assistance",))
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        write_cohort(folder / "cohort", clients=asked.clients, seed=7, preset="claim", format="parquet", overwrite=True)
        start = time.process_time()
        answers = read_answers(folder / "cohort", load_instrument("eriq22"), settings)
        read = time.process_time() - start
        start = time.process_time()
        done = sheets(folder / "cohort", folder / "pages", None, settings)
        whole = time.process_time() - start
    print(f"{len(answers):,} answers read in {read:.2f} s of processor time")
    print(f"{done.pages:,} pages in {whole:.1f} s: 5,000 in {5000 * whole / done.pages:.0f} s")
    print(f"pages / reading: {whole / read:.0f}")


if __name__ == "__main__":
    main()
