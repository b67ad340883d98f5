"""What a person finds after `eriq train`."""

import json
import re
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from eriq.config import load_experiment
from eriq.instrument.instrument import load_instrument
from eriq.simulation.cohort import simulate
from eriq.simulation.settings import load_simulation
from tests.e2e.conftest import ROOT, SHARED, eriq


def test_every_shipped_experiment_loads() -> None:
    """Each file in configs/experiments is a valid config whose name is the file's."""
    files = sorted((ROOT / "configs" / "experiments").glob("*.yaml"))

    assert len(files) >= 8
    assert [load_experiment(file).name for file in files] == [file.stem for file in files]


def test_a_training_leaves_report_tables_model_and_card(home: Path, model: Path) -> None:
    """Report, one CSV per table, figures, config and card are there, and the model holds no pickle."""
    folder = home / "mlruns" / "reports" / "quick"

    assert {"report.html", "facts.json", "config.yaml", "model-card.md"} <= {p.name for p in folder.iterdir()}
    assert {"measures", "differences", "headline", "flow", "importance"} <= {
        p.stem for p in folder.glob("tables/*.csv")
    }
    assert {"manifest.json", "card.md", "selftest.parquet"} <= {p.name for p in model.iterdir()}
    assert not [p for p in model.iterdir() if p.suffix in (".pkl", ".pickle", ".joblib")]


def test_the_report_opens_offline_and_says_that_people_are_made_up(home: Path) -> None:
    """The page loads nothing from anywhere and carries the notice on made-up people."""
    page = (home / "mlruns" / "reports" / "quick" / "report.html").read_text(encoding="utf-8")

    assert not re.findall(r"(?:src|href)=[\"']?(?:https?:)?//", page)
    assert "made up" in page


def test_numbers_of_the_verdict_come_from_a_table(home: Path) -> None:
    """The three numbers of the sentence are those of headline.csv; the difference of pooled AUCs lies within them."""
    tables = home / "mlruns" / "reports" / "quick" / "tables"
    headline = pd.read_csv(tables / "headline.csv").iloc[0]
    differences = pd.read_csv(tables / "differences.csv")
    pooled = differences[
        (differences["contender"] == "questionnaire | logistic") & (differences["measure"] == "auc")
    ].iloc[0]

    assert headline["low"] < pooled["estimate"] < headline["high"]
    shown = [float(number) for number in re.findall(r"[+-]\d\.\d{3}", headline["sentence"])]
    assert shown == [round(float(headline[key]), 3) for key in ("estimate", "low", "high")]


def test_what_a_run_knows_of_its_people_reaches_report_and_card(home: Path) -> None:
    """Published rates with the rate here first, what contributions are against, groups, and every importance within."""
    folder = home / "mlruns" / "reports" / "quick"
    facts = json.loads((folder / "facts.json").read_text(encoding="utf-8"))
    page, card = ((folder / name).read_text(encoding="utf-8") for name in ("report.html", "model-card.md"))
    slices, importance = (pd.read_csv(folder / "tables" / f"{name}.csv") for name in ("slices", "importance"))

    assert facts["context"][0].startswith(f"Here: {100 * facts['prevalence']:.1f} % with job entry")
    assert facts["convention"].startswith("interventional")
    assert facts["convention"] in page
    assert facts["convention"] in card
    assert (slices.groupby("slice")["rows"].sum() == facts["n_rows"]).all()
    assert importance["value"].between(importance["low"], importance["high"]).all()
    assert importance["rank"].between(importance["rank_low"], importance["rank_high"]).all()


def test_no_person_is_told_to_anyone(home: Path) -> None:
    """No id of a client or caseworker is in the tracking database, the artefacts, the report or the model."""
    made = simulate(load_simulation("claim"), load_instrument("eriq22"), clients=600, seed=7)
    ids = {*made.answers["client_id"], *made.answers["caseworker_id"].dropna()}
    words = re.compile(rb"\b(?:" + b"|".join(re.escape(i.encode()) for i in sorted(ids)) + rb")\b")
    looked = 0
    for file in [*home.glob("mlruns/reports/**/*"), *home.glob("models/**/*"), *home.glob("mlruns/artifacts/**/*")]:
        if file.suffix in (".csv", ".html", ".json", ".md", ".yaml", ".txt"):
            looked += 1
            assert not words.search(file.read_bytes()), file.name
    with sqlite3.connect(home / "mlruns" / "mlflow.db") as database:
        dump = "\n".join(line for line in database.iterdump() if "CREATE" not in line)

    assert looked > 30
    assert not words.search(dump.encode())


def test_mlflow_has_a_parent_a_child_per_contender_and_a_registered_model(home: Path) -> None:
    """Parent run, one child per contender with metrics, alias on the registered model, no user name."""
    with sqlite3.connect(home / "mlruns" / "mlflow.db") as database:
        kinds = dict(database.execute("select value, count(*) from tags where key='kind' group by value").fetchall())
        users = {u for (u,) in database.execute("select value from tags where key='mlflow.user'").fetchall()}
        metrics = {m for (m,) in database.execute("select distinct key from latest_metrics").fetchall()}
        alias = database.execute("select name, alias from registered_model_aliases").fetchall()

    contenders = pd.read_csv(home / "mlruns" / "reports" / "quick" / "tables" / "contenders.csv")
    assert {"training": 1, "contender": len(contenders)} == kinds
    assert {"eriq"} == users
    assert {"auc", "log_loss", "calibration_slope", "auc_gain"} <= metrics
    assert not metrics & {"auc_low", "auc_high"}
    assert [("eriq-quick", "candidate")] == alias


# The command line with a bar that counts what is announced and told, part by part.
COUNTED = """
import contextlib, json
import eriq.cli.study as commands
from eriq.cli import run

@contextlib.contextmanager
def bar():
    parts = []
    def step(what, which):
        parts[-1][1] += 1
    yield lambda steps: parts.append([steps, 0]), step
    commands.places = lambda **where: print(json.dumps(parts))

commands.bar = bar
run()
"""


def test_resume_takes_over_and_gives_the_same_numbers(home: Path) -> None:
    """A second run with --resume fits no contender again, reports the same measures and counts its steps right."""
    tables = home / "mlruns" / "reports" / "quick" / "tables"
    before = pd.read_csv(tables / "measures.csv")

    done = subprocess.run(
        [sys.executable, "-c", COUNTED, "train", "quick", "--resume"], cwd=home, capture_output=True, text=True
    )

    assert done.returncode == 0, done.stderr
    parts = json.loads(done.stdout.splitlines()[-1])
    assert parts
    assert all(announced == told for announced, told in parts)
    pd.testing.assert_frame_equal(before, pd.read_csv(tables / "measures.csv"), check_exact=True)


def test_check_trains_nothing(tmp_path: Path) -> None:
    """`eriq check` names the contenders and leaves the folder empty."""
    done = eriq("check", "quick", cwd=tmp_path)

    assert "questionnaire + register_full | logistic" in done.stdout
    assert not list(tmp_path.iterdir())


def test_rows_that_break_off_are_weighted_and_told(tmp_path: Path) -> None:
    """With weights and a hazard contender a training tells of both, and draws entries by month."""
    config = yaml.safe_load((ROOT / "configs" / "experiments" / "quick.yaml").read_text(encoding="utf-8"))
    config |= {"censoring": {"by": ["year"]}, "variants": {}}
    config["contenders"] = [{"blocks": ["register_full", "questionnaire"], "estimators": ["logistic", "hazard"]}]
    config["validation"] = {"folds": 3, "also": ["leave_one_centre_out", "rolling_origin"]}
    (tmp_path / "weighted.yaml").write_text(yaml.safe_dump(config | {"name": "weighted"}), encoding="utf-8")

    eriq("train", "weighted.yaml", cwd=tmp_path)

    folder = tmp_path / "mlruns" / "reports" / "weighted"
    page = (folder / "report.html").read_text(encoding="utf-8")
    curve = pd.read_csv(folder / "tables" / "entry_curve.csv")
    assert "Rows whose follow-up breaks off" in page
    assert "Unweighted, on rows followed" in page
    assert curve["month"].iloc[-1] == 15
    assert curve["observed"].is_monotonic_increasing
    assert (curve["forecast"].iloc[1:] > 0).all()


def test_against_an_external_set_nothing_is_saved_from_nothing(tmp_path: Path) -> None:
    """Where forecasts are no better than the overall rate, home and away are still told, and no model is there."""
    config = yaml.safe_load((ROOT / "configs" / "experiments" / "quick.yaml").read_text(encoding="utf-8"))
    away = {"kind": "simulated", "preset": "claim", "clients": 300, "seed": 9}
    config |= {
        "name": "nothing",
        "source": {"kind": "simulated", "preset": "null", "clients": 500, "seed": 3},
        "variants": {},
        "choose_from": ["register_full"],
        "contenders": [{"blocks": ["register_full", "questionnaire"], "estimators": ["logistic"]}],
        "validation": {"design": "external", "folds": 3, "external": away},
    }
    (tmp_path / "nothing.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")

    done = eriq("train", "nothing.yaml", cwd=tmp_path)

    told = pd.read_csv(tmp_path / "mlruns" / "reports" / "nothing" / "tables" / "home_and_away.csv")
    assert "No model is saved. The best that could be, register_full | logistic, is not worth it" in done.stdout
    assert not list((tmp_path / "models").glob("nothing-*"))
    assert set(told["contender"].dropna()) == {"register_full | logistic", "questionnaire | logistic"}


@pytest.mark.skipif(not SHARED.is_dir(), reason="public data folder ../shared/data is not here")
def test_permuted_outcomes_show_no_gain(tmp_path: Path) -> None:
    """Job Corps with the outcomes exchanged between people shows no gain, whatever was shown before."""
    people = pd.read_csv(SHARED / "jobcorps.csv")
    shuffled = np.random.default_rng(1).permutation(people["worked_year1"].to_numpy())
    people.assign(worked_year1=shuffled).to_csv(tmp_path / "permuted.csv", index=False)
    config = yaml.safe_load((ROOT / "configs" / "experiments" / "jobcorps.yaml").read_text(encoding="utf-8"))
    config["source"]["file"] = "permuted.csv"
    config["contenders"] = [{"blocks": ["register_full", "questionnaire + register_full"], "estimators": ["logistic"]}]
    (tmp_path / "permuted.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")

    done = eriq("train", "permuted.yaml", cwd=tmp_path)

    assert re.search(r"No gain shown: (practically none|cannot tell)\.", done.stdout), done.stdout


def test_the_chosen_model_adds_up(model: Path) -> None:
    """The manifest's own self-test rows add up to the log-odds within 1e-9."""
    frame = pd.read_parquet(model / "selftest.parquet")
    parts = frame.filter(like="contribution_").to_numpy()

    assert np.abs(parts.sum(axis=1) - frame["log_odds"]).max() < 1e-9
    assert json.loads((model / "manifest.json").read_text(encoding="utf-8"))["format"] == 3


def test_ctrl_c_leaves_nothing_half_written(tmp_path: Path) -> None:
    """Interrupted in the middle, a training ends with 130 and there is no model under a final name."""
    running = subprocess.Popen(
        [sys.executable, "-m", "eriq", "train", "quick"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert running.stdout is not None
    for line in running.stdout:  # the sentence on the verdict comes before the model is saved
        if "AUC of questionnaire" in line:
            break
    running.send_signal(signal.SIGINT)
    _, told = running.communicate(timeout=120)

    assert 130 == running.returncode, told
    assert "Traceback" not in told
    assert not [p for p in (tmp_path / "models").glob("*") if not p.name.startswith(".")]


def test_noise_leaves_a_report_and_no_model_and_scoring_says_why(tmp_path: Path) -> None:
    """Where no forecast beats the overall rate: exit 0, a report that says so, no model, and an error that knows it."""
    rng = np.random.default_rng(1)
    noise = pd.DataFrame({"id": np.arange(150), "a": rng.normal(size=150), "b": rng.normal(size=150)})
    noise["work"] = rng.permutation(np.arange(150) % 3 == 0).astype(int)
    noise.to_csv(tmp_path / "noise.csv", index=False)
    (tmp_path / "noise.yaml").write_text(NOISE, encoding="utf-8")

    done = eriq("train", "noise.yaml", cwd=tmp_path)

    assert "No model is saved" in done.stdout
    assert not (tmp_path / "models").exists()
    folder = tmp_path / "mlruns" / "reports" / "noise"
    assert "No model is saved" in (folder / "report.html").read_text(encoding="utf-8")
    assert "saved model, calibrated" not in set(pd.read_csv(folder / "tables" / "measures.csv")["contender"])
    with sqlite3.connect(tmp_path / "mlruns" / "mlflow.db") as database:
        (run,) = database.execute("select run_uuid from tags where key='eriq.not_saved'").fetchone()
    for words in (("score", f"runs:/{run}", "noise.csv", "--out", "out.csv"), ("promote", f"runs:/{run}")):
        assert "log loss" in eriq(*words, cwd=tmp_path, code=22).stderr
    assert (
        "log loss"
        in eriq("score", "models:/eriq-noise@candidate", "noise.csv", "--out", "out.csv", cwd=tmp_path, code=22).stderr
    )


NOISE = """
version: 1
name: noise
question: Is anything there?
source:
  kind: flat
  file: noise.csv
  client: id
  outcome: work
  columns: {a: {role: register}, b: {role: questionnaire}}
instrument: null
outcome: work
contenders:
  - {blocks: [register_full, questionnaire, questionnaire + register_full], estimators: [logistic]}
headline: {with: questionnaire, without: register_full}
validation: {folds: 3}
intervals: {replicates: 50, refit_replicates: 0}
explain: {rows: 50, refits: 0, instability_refits: 0}
"""
