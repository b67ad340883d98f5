"""A model on changes between waves, from training to a scored batch with earlier answers declared."""

from pathlib import Path

import pandas as pd
import yaml

from eriq.instrument.instrument import load_instrument
from eriq.simulation.cohort import simulate
from eriq.simulation.settings import load_simulation
from tests.e2e.conftest import ROOT, eriq

BLOCK = "questionnaire + changes + setting"


def test_a_model_on_changes_is_trained_and_scores_with_previous(tmp_path: Path) -> None:
    """It is saved; without previous the job ends and says so; with it a row scores alike alone and in the batch."""
    config = yaml.safe_load((ROOT / "configs" / "experiments" / "quick.yaml").read_text(encoding="utf-8"))
    del config["variants"]
    config |= {
        "name": "waves",
        "source": {"kind": "simulated", "preset": "claim", "clients": 1500, "seed": 7},
        "contenders": [
            {"blocks": ["none"], "estimators": ["prevalence"]},
            {"blocks": ["register_full", BLOCK], "estimators": ["logistic"]},
        ],
        "choose_from": [BLOCK],
        "headline": {"with": BLOCK, "without": "register_full"},
    }
    (tmp_path / "waves.yaml").write_text(yaml.safe_dump(config))
    eriq("train", "waves.yaml", cwd=tmp_path)
    model = next((tmp_path / "models").glob("waves-*"))
    handover = pd.read_csv(tmp_path / "mlruns" / "reports" / "waves" / "tables" / "handover.csv").iloc[0]
    page = (tmp_path / "mlruns" / "reports" / "waves" / "report.html").read_text(encoding="utf-8")
    assert handover["low"] < handover["ratio"] < handover["high"]
    assert "A change of caseworker since the questionnaire before went with" in page

    answers = simulate(load_simulation("claim"), load_instrument("eriq22"), clients=80, seed=9).answers
    later = answers["answered_on"] > answers["answered_on"].quantile(0.6)
    answers[~later].to_csv(tmp_path / "before.csv", index=False)
    answers[later].to_csv(tmp_path / "batch.csv", index=False)
    job = {
        "version": 1,
        "name": "monthly",
        "model": str(model),
        "source": {"kind": "file", "path": "batch.csv"},
        "sink": {"kind": "file", "path": "scores.csv"},
    }
    (tmp_path / "plain.yaml").write_text(yaml.safe_dump(job))
    assert "declare their file as previous:" in eriq("score", "plain.yaml", cwd=tmp_path, code=None).stderr

    (tmp_path / "job.yaml").write_text(yaml.safe_dump(job | {"previous": "before.csv"}))
    assert eriq("score", "job.yaml", cwd=tmp_path, code=None).returncode in (0, 3)
    whole = pd.read_csv(tmp_path / "scores.csv").set_index("row")["probability"]
    place = int(whole.index[-1])
    answers[later].iloc[[place - 1]].to_csv(tmp_path / "batch.csv", index=False)
    eriq("score", "job.yaml", "--overwrite", cwd=tmp_path)
    assert pd.read_csv(tmp_path / "scores.csv")["probability"].tolist() == [whole[place]]
