"""Made-up decisions beside the demo's scores: the log, its signed head and the page, with nothing to prepare."""

import datetime as dt
import os
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from eriq.config import Decisions, load_decisions
from eriq.config.files import dump_yaml, shipped
from eriq.decisions.entries import DEPARTED, FOLLOWED
from eriq.model.signature import new_key
from eriq.workflows.decide import Asked, add, make_report, start

KEY_ENV = "ERIQ_DEMO_KEY"
ODDS_DEPARTED, ODDS_OBJECTED = 0.2, 0.1  # what is planted


def made_up_decisions(scores: Path, folder: Path, seed: int = 2015) -> Path:
    """Write a log of made-up decisions beside a score file, and the page about it; return the page.

    The private key signs once and is thrown away: the log can be verified, and nobody can add to it.

    Parameters
    ----------
    scores : Path
        Score file about made-up people.
    folder : Path
        Is emptied first.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    config = load_decisions(shipped("", "decisions")).model_copy(
        update={
            "name": "made-up-people",
            "log": Path("log.jsonl"),
            "scores": (Path(os.path.relpath(scores, folder)),),
            "key_env": KEY_ENV,
            "trusted_keys": (Path("key.pem.pub"),),
        }
    )
    (folder / "decisions.yaml").write_text(dump_yaml(config), encoding="utf-8")
    asked = Asked(folder / "decisions.yaml")
    with tempfile.TemporaryDirectory() as secret:
        key = Path(secret) / "key.pem"
        public, _ = new_key(key)
        shutil.copyfile(public, folder / "key.pem.pub")
        os.environ[KEY_ENV] = str(key)
        try:
            start(asked)
            add(asked, _entries(scores, config, seed))
        finally:
            del os.environ[KEY_ENV]
    return make_report(asked, folder)


def _entries(scores: Path, config: Decisions, seed: int) -> pd.DataFrame:
    """Return a decision beside the last score of each client, and the objections of some."""
    rng = np.random.default_rng(seed)
    last = pd.read_csv(scores, usecols=["client_id", "answered_on"], dtype="str").drop_duplicates(
        "client_id", keep="last"
    )
    n, day = len(last), pd.to_datetime(last["answered_on"]) + dt.timedelta(days=7)
    departed = rng.random(n) < ODDS_DEPARTED
    decided = last.assign(
        event="decision",
        happened_on=day.dt.date.astype("str"),
        by=rng.choice(["caseworker", "team"], n),
        decision=rng.choice(list(config.decisions), n),
        beside_score=np.where(departed, DEPARTED, FOLLOWED),
        reason=pd.Series(rng.choice(list(config.reasons), n), last.index).where(departed),
        belief_recorded_on=last["answered_on"],  # before the score was shown: training may keep it
        score_shown_on=day.dt.date.astype("str"),
    )
    objected = decided[rng.random(n) < ODDS_OBJECTED].drop(columns=["decision", "beside_score"])
    objected = objected.drop(columns=["belief_recorded_on", "score_shown_on"])
    return pd.concat([decided, objected.assign(event="objection", by="client", reason="client_wishes")])
