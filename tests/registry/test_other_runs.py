"""Runs that train nothing: the whole way is tried in tests/workflows/test_psychometrics.py."""

from pathlib import Path

import pytest

from eriq.errors import TrackingError
from eriq.registry.other_runs import OtherRun, log_other


def test_a_server_that_is_down_is_told_with_where_results_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a store the folder is named and stays."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(TrackingError, match="results are in"):
        log_other(OtherRun("x", "psychometrics", "", {}, {"alpha": 0.5}, tmp_path))
