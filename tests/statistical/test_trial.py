"""Many draws of the trial with the published figures: what was put in is found, as often as intervals say."""

import numpy as np
import pandas as pd
import pytest

from eriq.config.trial import load_trial
from eriq.trials.read import read_trial
from eriq.trials.trial import open_trial

DRAWS = 400
SHARES = {"FS": 0.181, "SE": 0.260, "CM": 0.205}
POINTS = {
    ("SE - FS", "all"): 0.079,
    ("CM - FS", "all"): 0.024,
    ("SE - FS", "women"): 0.079 - 0.522 * 0.152,
    ("SE - FS", "men"): 0.079 + 0.478 * 0.152,
    ("SE - FS", "women less men"): -0.152,
}


@pytest.mark.long
def test_published_figures_are_found_as_often_as_intervals_say() -> None:
    """Shares and differences at month 15 are right on average, within 3 errors, and held by 92 to 98 % of intervals."""
    config = load_trial("swedish-trial")
    rows = []
    for seed in range(DRAWS):
        drawn = config.model_copy(update={"source": config.source.model_copy(update={"seed": seed}), "months": (15,)})
        tables = read_trial(open_trial(drawn))
        shares = tables["trial_shares"]
        shares = shares[(shares["month"] == 15) & (shares["outcome"] == "work_any")].set_index("arm")
        said = tables["trial_contrasts"]
        said = said[said["outcome"] == "work_any"].set_index(["contrast", "group"])
        found = [(arm, shares.loc[arm], value) for arm, value in SHARES.items()]
        found += [(" ".join(key), said.loc[key], value) for key, value in POINTS.items()]
        rows += [(name, row["estimate"] - true, row["low"] <= true <= row["high"]) for name, row, true in found]
    by = pd.DataFrame(rows, columns=["what", "off", "held"]).groupby("what")
    table = by.agg(off=("off", "mean"), se=("off", lambda x: x.std() / np.sqrt(len(x))), held=("held", "mean"))
    assert (table["off"].abs() < 3 * table["se"]).all(), table.round(4)
    assert table["held"].between(0.92, 0.98).all(), table.round(4)
