"""A small saved model and answers to score, for the tests of batches."""

import hashlib
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np
import pandas as pd
import pytest

from eriq.features import REGISTER_FEATURES, Feature, questionnaire_features
from eriq.instrument.instrument import load_instrument
from eriq.model.bundle import Bundle, Fit, save_bundle, save_fits
from eriq.model.calibrator import Calibrator
from eriq.model.manifest import BasisFit, Manifest
from eriq.model.model import Model
from eriq.scoring.job import Batch
from eriq.scoring.manifest import Counts, RunManifest, ScoredBy, Shown
from eriq.scoring.set_aside import SET_ASIDE, nothing
from eriq.scoring.sinks.files import rejects_path
from eriq.workflows.score import job_of, run

# What a finished run says about itself, for sinks that only keep it.
RUN = RunManifest(
    name="november",
    model=ScoredBy(name="m-1", seal="0", instrument=None),
    input={"rows": "6"},
    today="2026-01-01",
    shown=Shown(show="probability", language="en", reasons=0),
    chunk_rows=3,
    job="november",
    counts=Counts(read=6, scored=5, set_aside=1),
)
RUN_IN_A_SCRIPT = f"""
from eriq.scoring.manifest import RunManifest
RUN = RunManifest.model_validate_json({RUN.model_dump_json()!r})
"""


Backlog = Callable[..., pd.DataFrame]

URL = "ERIQ_TEST_URL"
NONE = nothing(SET_ASIDE)


def save_small(
    models: Path, extra: tuple[Feature, ...] = (), refits: int = 2, name: str = "small", asked: str = "eriq22"
) -> Bundle:
    """Save a small booster on a shipped questionnaire, with refits."""
    instrument = load_instrument(asked)
    features = (*questionnaire_features(instrument), *extra)
    rng = np.random.default_rng(4)
    matrix = rng.integers(0, 5, (400, len(features))).astype("float64")
    settings = {"objective": "binary", "num_leaves": 7, "verbose": -1, "num_threads": 1, "seed": 1}
    boosters = []
    for _ in range(refits + 1):
        outcome = rng.random(400) < 1 / (1 + np.exp(1.5 - matrix[:, 0]))
        boosters.append(lgb.train(settings, lgb.Dataset(matrix, outcome.astype(int)), num_boost_round=10))
    columns = tuple(f.name for f in features)
    model = Model("booster", columns, boosters[0], Calibrator(-0.2, 0.9), tuple(boosters[1:]))
    told = Manifest(instrument=instrument, missing_policy=instrument.missing_policy, lag_days=30, bands=(0.1, 0.3))
    return save_bundle(model, features, told, "# card\n", matrix[:5], models, name)


@pytest.fixture(scope="session")
def small_bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """Save a model that reads the 22 items only, saved with two refits."""
    return save_small(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="session")
def register_bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """Save a model that also reads two register columns."""
    wanted = ("register.age", "register.weeks_work_1y")
    extra = tuple(f for f in REGISTER_FEATURES if f.name in wanted)
    return save_small(tmp_path_factory.mktemp("models"), extra, refits=0, name="register")


def save_parted(models: Path, extra: tuple[Feature, ...] = (), refits: int = 0) -> Bundle:
    """Save a model with a further fit for each half, and without registers where it has some."""
    instrument = load_instrument("eriq22")
    every = (*questionnaire_features(instrument), *extra)
    rng = np.random.default_rng(6)
    settings = {"objective": "binary", "num_leaves": 7, "verbose": -1, "num_threads": 1, "seed": 1}

    def fit(halves: tuple[str, ...], registers: bool, name: str = "") -> Fit:
        features = tuple(f for f in every if f.half in halves or (registers and f.recorded))
        matrix = rng.integers(0, 5, (400, len(features))).astype("float64")
        boosters = []
        for _ in range(refits + 1):
            outcome = rng.random(400) < 1 / (1 + np.exp(1.5 - matrix[:, 0]))
            boosters.append(lgb.train(settings, lgb.Dataset(matrix, outcome.astype(int)), num_boost_round=10))
        columns, calibrator = tuple(f.name for f in features), Calibrator(-0.1 * len(halves), 0.9)
        model = Model("booster", columns, boosters[0], calibrator, tuple(boosters[1:]))
        told = {"name": name, "halves": halves, "registers": registers, "contender": name}
        return Fit(model, features, matrix[:5], BasisFit.model_validate(told) if name else None)

    both = ("caseworker", "client")
    with_registers = [((half,), True, f"{half}-registers") for half in both] if extra else []
    further = [*([(both, False, "both")] if extra else []), *with_registers, *[((half,), False, half) for half in both]]
    told = Manifest(
        instrument=instrument,
        missing_policy=instrument.missing_policy,
        lag_days=30,
        bands=(0.1, 0.3),
        halves=both,
        ranges={"register.age": (18.0, 65.0)} if extra else {},
    )
    fits = [fit(both, bool(extra)), *(fit(halves, known, name) for halves, known, name in further)]
    return save_fits(fits, told, "# card\n", models, "parted")


@pytest.fixture(scope="session")
def parted_bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """Save a model on answers with a further fit for each half, with two refits each."""
    return save_parted(tmp_path_factory.mktemp("models"), refits=2)


@pytest.fixture(scope="session")
def parted_register_bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """Save the same with two register columns, and fits without them."""
    wanted = ("register.age", "register.weeks_work_1y")
    return save_parted(tmp_path_factory.mktemp("models"), tuple(f for f in REGISTER_FEATURES if f.name in wanted))


def without_half(frame: pd.DataFrame, respondent: str, rows: Sequence[int]) -> pd.DataFrame:
    """Return answers without those of one respondent in some rows."""
    items = [item.id for item in load_instrument("eriq22").items if item.respondent == respondent]
    made = frame.copy()
    made.loc[made.index[list(rows)], items] = ""
    return made


@pytest.fixture(scope="session")
def backlog() -> Callable[..., pd.DataFrame]:
    """Make n answered questionnaires as text, each client once; row k is client "c<k>"."""
    instrument = load_instrument("eriq22")
    codes = {item: [str(level.code) for level in instrument.levels(item)] for item in instrument.item_ids}

    def make(n: int, first: int = 1, seed: int = 3) -> pd.DataFrame:
        rng = np.random.default_rng([seed, first])
        given = {item: rng.choice(known, n) for item, known in codes.items()}
        ids = {
            "client_id": [f"c{k}" for k in range(first, first + n)],
            "answered_on": "2015-03-01",
            "wave": "1",
            "consent": "1",
        }
        return pd.DataFrame({**ids, **given}, dtype="str")

    return make


def run_on(frame: pd.DataFrame, bundle: Bundle, folder: Path, out: str = "out.csv", **more: Any) -> Batch:
    """Score a table through a CSV."""
    given = folder / "given.csv"
    frame.to_csv(given, index=False)
    return run(job_of(str(bundle.folder), given, folder / out, **more), overwrite=True, workers=2)


def read_both(batch: Batch) -> tuple[pd.DataFrame, pd.DataFrame]:
    scores = pd.read_csv(batch.out) if batch.out.suffix == ".csv" else pd.read_parquet(batch.out)
    return scores, pd.read_csv(rejects_path(batch.out))


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a SQLite file of five answers, in no order, whose address is in the environment."""
    file = tmp_path / "agency.db"
    with sqlite3.connect(file) as made:
        made.execute("CREATE TABLE answers (client_id TEXT, answered_on TEXT, cw01 INTEGER, note TEXT)")
        rows = [("c", 3, "x"), ("a", 1, None), ("b", None, "z"), ("a", 0, None), ("d", 4, "w")]
        made.executemany("INSERT INTO answers VALUES (?, '2020-01-0' || ?, ?, ?)", [(c, 1, v, n) for c, v, n in rows])
    made.close()
    monkeypatch.setenv(URL, f"sqlite:///{file}")
    return file


def query(file: Path, sql: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(file)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def query_and_commit(file: Path, sql: str) -> None:
    connection = sqlite3.connect(file)
    connection.execute(sql)
    connection.commit()
    connection.close()


def scores(first: int, n: int, model: str = "m-1") -> pd.DataFrame:
    """Return n scored rows, row number k of client ck."""
    rows = np.arange(first, first + n)
    return pd.DataFrame(
        {
            "row": rows,
            "client_id": [f"c{k}" for k in rows],
            "answered_on": pd.to_datetime(["2020-01-15"] * n).astype("datetime64[us]"),
            "wave": pd.array([1] * n, dtype="Int16"),
            "probability": rows / 1000,
            "partial": rows % 2 == 0,
            "model": model,
        }
    )


def rejects(*rows: int) -> pd.DataFrame:
    texts = {name: [f"{name} of {row}" for row in rows] for name in ("client_id", "answered_on", "code", "reason")}
    return pd.DataFrame({"row": list(rows), **texts})


ENDS = ("", ".rejected.csv", ".manifest.json")


def digests(out: Path) -> list[str]:
    """Return the digests of scores, rows set aside and manifest."""
    files = [out.with_name(out.name + end) for end in ENDS]
    return [hashlib.sha256(f.read_bytes()).hexdigest() for f in files]


def broken_backlog(backlog: Backlog, n: int) -> pd.DataFrame:
    """Return rows of which some must be set aside, also as repeats of rows in other chunks."""
    frame = backlog(n)
    frame.loc[frame.index % 11 == 3, "cw02"] = "x"
    frame.loc[n - 4 : n - 2, "client_id"] = ["c1", "c2", "c3"]
    return frame


def ready(tmp_path: Path, backlog: Backlog, small_bundle: Bundle, chunk_rows: int) -> dict[str, Any]:
    given, out = tmp_path / "given.csv", tmp_path / "out" / "scores.parquet"
    out.parent.mkdir()
    broken_backlog(backlog, 120).to_csv(given, index=False)
    job = job_of(str(small_bundle.folder), given, out, chunk_rows=chunk_rows, today="2026-01-01", rank=True)
    run(job, workers=1)
    made = digests(out)
    shutil.rmtree(out.parent)
    out.parent.mkdir()
    return {"job": job, "out": out, "given": given, "expected": made}
