"""A model in use against a new period, from tables to page."""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import lightgbm as lgb
import numpy as np
import pandas as pd
import pytest
import yaml
from tests.scoring.conftest import save_parted

from eriq.config import Flat, Monitoring, Simulated
from eriq.errors import SourceError
from eriq.features import flat_columns, flat_features
from eriq.features.halves import usable_halves
from eriq.instrument.instrument import load_instrument
from eriq.model.around import around
from eriq.model.bundle import Bundle, save_bundle
from eriq.model.calibrator import Calibrator
from eriq.model.distributions import distributions
from eriq.model.manifest import Manifest
from eriq.model.model import Model
from eriq.simulation.intake import simulate_tables
from eriq.tables.intake import Intake
from eriq.workflows import monitor as workflow
from eriq.workflows.monitor import answering, look, scored, usable_of
from eriq.workflows.recalibrate import recalibrate

CONFIG = """version: 1
name: small
question: Does it still hold?
source: {kind: simulated, clients: 300}
instrument: eriq22
contenders: [{blocks: [questionnaire], estimators: [logistic]}]
headline: {with: questionnaire, without: client}
"""


def people(clients: int, seed: int) -> Intake:
    source = Simulated(kind="simulated", clients=clients, seed=seed)
    made = simulate_tables(source, load_instrument("eriq22"), dt.date(2026, 1, 1))
    return replace(made, answers=made.answers.drop_duplicates("client_id").reset_index(drop=True))


@pytest.fixture(scope="module")
def champion(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """Save a model with fits for each half that keeps what it was trained on."""
    old, then = save_parted(tmp_path_factory.mktemp("models")), people(700, 1)
    told = old.manifest.model_copy(update={"config": CONFIG})
    bundle = replace(old, manifest=told)
    columns, usable = scored(bundle, then), usable_of(bundle, then)
    who = answering(bundle, then, usable)
    halves = usable_halves(usable.kept, load_instrument("eriq22")).iloc[who["place"]].reset_index(drop=True)
    kept = distributions(columns, old.features, columns["client_id"].to_numpy(), columns["forecast"].to_numpy())
    return replace(bundle, manifest=told.model_copy(update={"distributions": kept, "around": around(who, halves)}))


@pytest.fixture(scope="module")
def period() -> Intake:
    """Make other people of the same world, of whom no outcome is known yet."""
    made = people(500, 2)
    return replace(made, followed_until=made.answers["answered_on"].max().date())


def looked(champion: Bundle, period: Intake, folder: Path, **more: object) -> tuple[str, dict[str, pd.DataFrame], str]:
    """Return what is said of a period, its tables as written, and the page."""
    found = look(champion, period, Monitoring(name="a", model="m", data=folder, out=folder / "out", **more))
    tables = {file.stem: pd.read_csv(file) for file in (folder / "out" / "tables").glob("*.csv")}
    return found.sentence, tables, found.page.read_text("utf-8")


def test_a_period_without_outcomes_says_so(tmp_path: Path, champion: Bundle, period: Intake) -> None:
    """People like those of training: nothing of body or halves, slices by half, and words that no outcome is known."""
    words, tables, html = looked(champion, period, tmp_path)
    assert "not assessable: no outcome of this period is known yet" in words
    assert "no outcome of this period is known yet" in html
    assert not tables["monitor_months"].size
    assert tables["monitor_body"]["verdict"].iloc[0] == "no drift shown"
    assert "drift shown" not in set(tables["monitor_answered"]["verdict"])
    blocks = tables["monitor_shift"].groupby("slice")["block"].agg(set)
    assert "client" not in blocks["caseworker only"]
    assert "client" in blocks["both halves"]


def test_caseworkers_who_believe_more_are_a_shift_of_the_body(tmp_path: Path, champion: Bundle, period: Intake) -> None:
    """A level more belief in two of three answers is found in the body and told in the sentence; no id is anywhere."""
    answers = period.answers.copy()
    up = pd.Series(np.random.default_rng(1).random(len(answers)) < 0.67, index=answers.index) & (answers["cw11"] > 1)
    up = (up & (answers["cw11"] < 5)).fillna(False)
    answers["cw11"] = answers["cw11"].mask(up, answers["cw11"] + load_instrument("eriq22").by_id["cw11"].orientation)
    (tmp_path / "then.csv").write_text("\n".join(["caseworker_id", *answers["caseworker_id"].unique()[::2]]), "utf-8")
    words, tables, html = looked(champion, replace(period, answers=answers), tmp_path,
                                 training_answers=tmp_path / "then.csv")  # fmt: skip
    shown = tables["monitor_body"].set_index("of")
    assert "drift shown in the body of caseworkers" in words
    assert shown.loc["mean belief", "low"] > 0
    assert shown.loc["caseworkers new since training", "period"] == pytest.approx(0.5, abs=0.01)
    assert "caseworkers new since training" in set(tables["monitor_shift"]["slice"])
    written = html + "".join(table.to_csv() for table in tables.values())
    assert not [name for name in answers["caseworker_id"].dropna().unique() if f">{name}<" in written]


def test_clients_who_stop_answering_are_a_shift_of_halves(tmp_path: Path, champion: Bundle, period: Intake) -> None:
    """Four in ten clients without their half are found, with the difference in its interval."""
    gone = np.random.default_rng(2).random(len(period.answers)) < 0.4
    own = [item.id for item in load_instrument("eriq22").half("client")]
    answers = period.answers.copy()
    answers.loc[gone, own] = pd.NA
    words, tables, _ = looked(champion, replace(period, answers=answers), tmp_path)
    alone = tables["monitor_answered"].set_index("answered").loc["caseworker only"]
    assert "drift shown in which half is answered" in words
    assert alone["verdict"] == "drift shown"
    assert 0 < alone["low"] < alone["estimate"] < alone["high"]


FLAT = {"kind": "flat", "client": "id", "answered_on": "day", "outcome": "job", "horizon_days": 30, "columns": {
    "a": {"role": "register", "kind": "continuous"}, "b": {"role": "questionnaire", "kind": "ordinal"}}}  # fmt: skip


def table(n: int, seed: int, up: float = 0.0) -> pd.DataFrame:
    """Return a ready table whose outcome follows a + b."""
    rng = np.random.default_rng(seed)
    a, b = rng.normal(0, 1, n), rng.integers(0, 5, n)
    job = rng.random(n) < 1 / (1 + np.exp(1.5 - a - 0.3 * b + up))
    days = pd.date_range("2025-01-05", periods=6, freq="30D").strftime("%Y-%m-%d").to_numpy()
    ids = {"id": [f"p{k}" for k in range(n)], "day": rng.choice(days, n)}
    return pd.DataFrame({**ids, "a": a.round(4).astype("str"), "b": b.astype("str"), "job": (job * 1).astype("str")})


@pytest.fixture
def flat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[pd.DataFrame], Path]:
    """Save a model of a ready table, and give a function from a new table to a monitoring config."""
    source = Flat.model_validate({**FLAT, "file": tmp_path / "then.csv"})
    then = table(1500, 1)
    used = flat_features(source, then)
    matrix = flat_columns(then.assign(a=then["a"].astype(float), b=then["b"].astype(float)), used)
    settings = {"objective": "binary", "num_leaves": 7, "verbose": -1, "num_threads": 1, "seed": 1}
    booster = lgb.train(settings, lgb.Dataset(matrix.to_numpy(), then["job"].astype(int)), num_boost_round=25)
    model = Model("booster", tuple(f.name for f in used), booster, Calibrator(0.0, 1.0), ())
    kept = distributions(matrix, used, then["id"].to_numpy(), model.log_odds(matrix.to_numpy()))
    config = {"version": 1, "name": "flat", "question": "?", "source": {**FLAT, "file": str(tmp_path / "then.csv")}}
    config |= {"contenders": [{"blocks": ["register_full"], "estimators": ["logistic"]}]}
    config |= {"headline": {"with": "all", "without": "register_full"}}
    told = Manifest(config=yaml.safe_dump(config), flat_client="id", distributions=kept, bands=(0.1, 0.3))
    bundle = save_bundle(model, used, told, "# card\n", matrix.to_numpy()[:5], tmp_path / "models", "flat")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setattr(workflow, "log_monitoring", lambda run: "")

    def written(new: pd.DataFrame) -> Path:
        new.to_csv(tmp_path / "new.csv", index=False)
        asked = {"version": 1, "name": "flat", "model": str(bundle.folder), "data": "new.csv", "out": "out"}
        (tmp_path / "monitor.yaml").write_text(yaml.safe_dump(asked), "utf-8")
        return tmp_path / "monitor.yaml"

    return written


def test_a_model_of_a_ready_table_is_held_against_a_new_one(flat: Callable[[pd.DataFrame], Path]) -> None:
    """The same world is quiet, outcomes 0.9 off alarm, and without the column of the outcome the page says so."""
    same = workflow.monitor(flat(table(1800, 2)))
    months = pd.read_csv(same.page.parent / "tables" / "monitor_months.csv")
    assert (same.alarm, set(months["verdict"]), len(months)) == (False, {"quiet"}, 6)
    assert "Caseworkers" not in same.page.read_text("utf-8")
    off = workflow.monitor(flat(table(1800, 2, 0.9)))
    assert off.alarm
    assert "drift shown in 0 of 3 columns; outcomes against forecasts alarm" in off.sentence
    early = workflow.monitor(flat(table(900, 2).drop(columns="job")))
    assert "not assessable: no outcome of this period is known yet" in early.sentence


def test_a_model_of_a_ready_table_is_recalibrated(flat: Callable[[pd.DataFrame], Path], tmp_path: Path) -> None:
    """Outcomes 0.9 off are an intercept; a folder that is not there is named."""
    flat(table(1800, 2, 0.9))
    (model,) = (tmp_path / "models").iterdir()
    assert "recalibrated" in recalibrate(str(model), tmp_path / "new.csv")
    with pytest.raises(SourceError, match=r"none\.csv"):
        recalibrate(str(model), tmp_path / "none.csv")
