"""Write net_benefit.csv: net benefit from the Python package dcurves 1.1.7, on the rows of forecasts.csv.

dcurves is not a dependency of eriq. Run this in an environment of its own: ``pip install dcurves==1.1.7``, then
``python make_reference.py``; run ``make_reference.R`` first.
"""

from pathlib import Path

import dcurves
import pandas as pd

HERE = Path(__file__).parent
THRESHOLDS = [0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.7, 0.9]


def main() -> None:
    """Compute and write the reference values."""
    forecasts = pd.read_csv(HERE / "forecasts.csv")
    scores = ["first", "second", "third"]
    table = dcurves.dca(data=forecasts, outcome="outcome", modelnames=scores, thresholds=THRESHOLDS)
    table = table.loc[table["model"] != "none", ["model", "threshold", "net_benefit"]]
    table.sort_values(["model", "threshold"]).to_csv(HERE / "net_benefit.csv", index=False)


if __name__ == "__main__":
    main()
