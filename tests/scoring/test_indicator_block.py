"""A saved model that takes scores which its questionnaire declares."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from eriq.features import questionnaire_columns
from eriq.instrument.instrument import Instrument, load_instrument
from eriq.model.bundle import open_bundle
from tests.scoring.conftest import Backlog, run_on, save_small

WORK = {"labels": {"en": "Work", "sv": "Arbete", "da": "Arbejde"}, "items": ["cl01", "cl02", "cw01"], "least": 2}


def test_a_saved_model_scores_with_the_columns_of_its_training(
    instrument: Instrument, backlog: Backlog, tmp_path: Path
) -> None:
    """A model saved with scores of its questionnaire gives in a batch what the columns of training give."""
    file = tmp_path / "own.yaml"
    ours = instrument.model_copy(update={"scores": {"work": WORK}})
    file.write_text(yaml.safe_dump(ours.model_dump(mode="json", exclude_none=True)), encoding="utf-8")
    bundle = save_small(tmp_path / "models", refits=0, name="scores", asked=str(file))
    opened = open_bundle(bundle.folder)
    assert "indicators.client.work" in opened.model.columns
    assert opened.instrument is not None
    given = backlog(20)
    run_on(given, bundle, tmp_path)
    rows = given[list(instrument.item_ids)].astype("Int8")
    matrix = questionnaire_columns(rows, load_instrument(file))[list(opened.model.columns)].to_numpy()
    expected = opened.model.log_odds(matrix)
    scores = pd.read_csv(tmp_path / "out.csv")
    assert scores["probability"].to_numpy() == pytest.approx(1 / (1 + np.exp(-expected)), abs=1e-6)
