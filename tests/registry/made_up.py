"""A finished training written down by hand: two contenders, no model."""

import datetime as dt
from pathlib import Path

import pandas as pd

from eriq.registry.training_run import Finished
from eriq.study.design.contender import Contender
from eriq.study.reporting.facts import Facts
from eriq.tables.results import as_result

WITH, WITHOUT = "questionnaire | logistic", "register_full | logistic"
SENTENCE = (
    "Gain shown, small. The AUC of questionnaire less that of register full is +0.100, 95 % interval +0.050 to +0.150."
)


def contender(name: str) -> Contender:
    block, estimator = name.split(" | ")
    return Contender(name, block, estimator, (f"{block}.a",))  # type: ignore[arg-type]


def facts() -> Facts:
    return Facts(
        name="made-up",
        question="Is it told in words?",
        sentence=SENTENCE,
        outcome_words="job entry within 12 months",
        horizon_days=365,
        simulated=True,
        baseline=WITHOUT,
        chosen=WITH,
        not_saved="it is written down by hand",
        digests={"answers": "ab" * 32, "persons": "cd" * 32},
        eriq_version="0.1.0",
        n_read=900,
        n_rows=812,
        n_clients=400,
        n_events=120,
        prevalence=0.148,
    )


def measures() -> pd.DataFrame:
    """Return AUC, log loss and slope of both contenders, with intervals."""
    numbers = {
        (WITH, "auc"): (0.8604, 0.8402, 0.8796),
        (WITHOUT, "auc"): (0.6401, 0.6, 0.68),
        (WITH, "log_loss"): (0.25, 0.24, 0.26),
        (WITHOUT, "log_loss"): (0.31, 0.3, 0.32),
        (WITH, "calibration_slope"): (0.9, 0.8, 1.0),
        (WITHOUT, "calibration_slope"): (0.7, 0.5, 0.9),
    }
    rows = [(*key, None, *values, 200) for key, values in numbers.items()]
    columns = ["contender", "measure", "at", "estimate", "low", "high", "replicates"]
    return as_result("measures", pd.DataFrame(rows, columns=columns))


def finished(folder: Path) -> Finished:
    """Return the training, with a report of one line in `folder`."""
    folder.mkdir(parents=True)
    (folder / "report.html").write_text("<!doctype html><title>Report</title><p>the report itself</p>")
    (folder / "model-card.md").write_text("# Card\n\n## Intended use\n\nA talk.\n")
    gain = {"measure": "auc", "estimate": 0.1, "low": 0.05, "high": 0.15}
    tables = {
        "measures": measures(),
        "contenders": as_result(
            "contenders",
            pd.DataFrame(
                {
                    "contender": [WITH, WITHOUT],
                    "block": ["questionnaire", "register_full"],
                    "estimator": "logistic",
                    "words": "ridge logistic",
                    "columns": [22, 40],
                    "savable": True,
                    "human": False,
                }
            ),
        ),
        "differences": as_result(
            "differences",
            pd.DataFrame([{**gain, "contender": WITH, "baseline": WITHOUT, "at": None, "replicates": 200}]),
        ),
        "headline": pd.DataFrame([gain]),
    }
    started = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=3)
    held_out = pd.DataFrame({"client_id": ["a"], "log_odds": [0.0]})
    return Finished(facts(), (contender(WITH), contender(WITHOUT)), tables, None, folder, started, held_out)
