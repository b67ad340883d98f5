"""A recalibrated model as it is saved, and models that know nothing of training."""

from pathlib import Path

import numpy as np
import pytest
from tests.scoring.conftest import save_small

from eriq.model.bundle import open_bundle
from eriq.model.calibrator import Calibrator
from eriq.model.manifest import LATER, read_manifest
from eriq.monitoring.recalibrating import Update
from eriq.workflows.recalibrate import updated


def test_a_recalibrated_model_names_its_ancestor_and_moves_by_what_was_fitted(tmp_path: Path) -> None:
    """Log-odds are 0.5 + 0.8 times those before, refits too; it opens, claims no measures, and names the old seal."""
    old = save_small(tmp_path)
    new = open_bundle(updated(old, Update("both", Calibrator(0.5, 0.8), "test"), tmp_path).folder)
    rows = np.full((3, len(old.features)), 2.0)

    assert new.model.log_odds(rows) == pytest.approx(0.5 + 0.8 * old.model.log_odds(rows))
    assert (new.manifest.ancestor, new.manifest.measures) == (old.manifest.seal, {})
    assert new.name != old.name


def test_a_model_without_counts_of_training_is_written_as_before(tmp_path: Path) -> None:
    """What older models lack stands in no file of theirs, which still opens and can still be signed."""
    old = save_small(tmp_path)
    text = (old.folder / "manifest.json").read_text("utf-8")

    assert not any(f'"{name}"' in text for name in LATER)
    assert read_manifest(old.folder).to_json() == text
