"""A small questionnaire of two halves, answers with planted faults, and the answers and numbers of R."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from eriq.instrument.instrument import Instrument

REFERENCE = Path(__file__).parents[1] / "reference"
ITEMS = tuple(f"q{n}" for n in range(1, 10))
WORD = {"en": "word"}


@pytest.fixture(scope="session")
def answers_r() -> pd.DataFrame:
    """Return the made-up answers that R was given."""
    return pd.read_csv(REFERENCE / "psychometrics_answers.csv").astype("float64")


@pytest.fixture(scope="session")
def by_r() -> dict[str, float]:
    """Return what psych, lavaan and MASS say of them."""
    table = pd.read_csv(REFERENCE / "psychometrics_r.csv")
    return dict(zip(table["quantity"], table["value"], strict=True))


def small_content(caseworker: int = 4, client: int = 6) -> dict[str, object]:
    """Return a questionnaire with one question per respondent and indicator, and one declared score."""
    asked = [("caseworker", f"cw{n}", f"i{n}") for n in range(1, caseworker + 1)]
    asked += [("client", f"cl{n}", f"i{n}") for n in range(1, client + 1)]
    level = [{"code": n, "labels": WORD} for n in range(1, 6)]
    return {
        "format": 1,
        "id": "small",
        "version": "1.0.0",
        "name": WORD,
        "notice": WORD,
        "missing_codes": [{"code": -1, "name": "not_asked", "labels": WORD}],
        "minimum_answered": {"caseworker": 1, "client": 1},
        "indicators": {f"i{n}": WORD for n in range(1, max(caseworker, client) + 1)},
        "scales": {"five": level},
        "items": [
            {"id": i, "respondent": who, "indicator": about, "text": WORD, "scale": "five"} for who, i, about in asked
        ],
        "scores": {"first": {"labels": WORD, "items": ["cl1", "cl2", "cl3"], "least": 2}},
    }


@pytest.fixture(scope="session")
def small() -> Instrument:
    """Return that questionnaire."""
    return Instrument.model_validate(small_content())


def made_answers(n: int = 260, seed: int = 5) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return ANSWERS and PERSONS as text: two waves, cl1 a level higher for women alike in all else, gaps by arm."""
    rng = np.random.default_rng(seed)
    ready = rng.normal(size=n)
    female = np.arange(n) % 2 == 0
    waves = []
    for wave in (1, 2):
        frame = pd.DataFrame({"client_id": [f"c{k}" for k in range(n)], "answered_on": f"2015-0{wave}-01"})
        frame["wave"] = str(wave)
        frame["job_centre"] = "only"
        frame["consent"] = "1"
        for item in [f"cw{k}" for k in range(1, 5)] + [f"cl{k}" for k in range(1, 7)]:
            shift = 1.2 * female * (item == "cl1")
            raw = np.round(3 + ready + shift + rng.normal(scale=0.8, size=n)).clip(1, 5)
            frame[item] = raw.astype(int).astype(str)
        frame.loc[female & (rng.random(n) < 0.3), "cl4"] = "-1"
        frame["client_seconds"] = np.where(np.arange(n) < 20, "3", "90")
        waves.append(frame)
    sex = np.where(female, "female", "male")
    persons = pd.DataFrame({"client_id": waves[0]["client_id"], "born_on": "1980-01-01", "sex": sex})
    return pd.concat(waves, ignore_index=True), persons
