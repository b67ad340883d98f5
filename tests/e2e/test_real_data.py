"""What a training says of real people whose answer is known."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from tests.e2e.conftest import SHARED


@pytest.mark.skipif(not SHARED.is_dir(), reason="public data folder ../shared/data is not here")
@pytest.mark.parametrize(
    ("config", "verdict", "size", "reference"),
    [
        pytest.param(
            "jobs2",
            "no gain shown: practically none",
            "",
            {"register_full": 0.593, "questionnaire": 0.489, "questionnaire + register_full": 0.591},
        ),
        pytest.param(
            "jobcorps",
            "gain shown",
            "small",
            {"register_full": 0.651, "questionnaire": 0.602, "questionnaire + register_full": 0.659},
            marks=pytest.mark.long,  # minutes; `make statistical` runs it
        ),
    ],
)
def test_real_data_get_the_honest_answer(
    training: Callable[[str], Path], config: str, verdict: str, size: str, reference: dict[str, float]
) -> None:
    """JOBS II shows no gain and Job Corps a small one; AUCs lie within 0.02 of the reference table."""
    folder = training(config) / "mlruns" / "reports" / config
    headline = pd.read_csv(folder / "tables" / "headline.csv").iloc[0]
    measures = pd.read_csv(folder / "tables" / "measures.csv")
    auc = measures[measures["measure"] == "auc"].set_index("contender")["estimate"]

    assert (verdict, size) == (headline["verdict"], headline["size"] if size else "")
    assert headline["covers_refits"]
    assert (f"{verdict}, {size}" if size else verdict).capitalize() in (folder / "report.html").read_text(
        encoding="utf-8"
    )
    if verdict != "gain shown":
        assert headline["low"] <= 0 <= headline["high"] < headline["margin"]
    else:
        assert headline["low"] > 0
    for block, value in reference.items():
        assert abs(auc[f"{block} | logistic"] - value) <= 0.02, block
