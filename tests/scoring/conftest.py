"""A small saved model and answers to score, for the tests of batches."""

from collections.abc import Callable
from pathlib import Path

import lightgbm as lgb
import numpy as np
import pandas as pd
import pytest

from eriq.features import REGISTER_FEATURES, Feature, questionnaire_features
from eriq.instrument.instrument import load_instrument
from eriq.model.bundle import Bundle, save_bundle
from eriq.model.calibrator import Calibrator
from eriq.model.manifest import Manifest
from eriq.model.model import Model
from eriq.scoring.manifest import Counts, RunManifest, ScoredBy, Shown

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


def save_small(models: Path, extra: tuple[Feature, ...] = (), refits: int = 2, name: str = "small") -> Bundle:
    """Save a small booster on the shipped questionnaire, with refits."""
    instrument = load_instrument("eriq22")
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


@pytest.fixture(scope="session")
def backlog() -> Callable[..., pd.DataFrame]:
    """Make n answered questionnaires as text, each client once; row k is client "c<k>"."""
    instrument = load_instrument("eriq22")
    codes = {item: [str(level.code) for level in instrument.levels(item)] for item in instrument.item_ids}

    def make(n: int, first: int = 1, seed: int = 3) -> pd.DataFrame:
        rng = np.random.default_rng([seed, first])
        given = {item: rng.choice(known, n) for item, known in codes.items()}
        ids = {"client_id": [f"c{k}" for k in range(first, first + n)], "answered_on": "2015-03-01", "wave": "1"}
        return pd.DataFrame({**ids, **given}, dtype="str")

    return make
