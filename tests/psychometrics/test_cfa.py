"""Confirmatory factor analysis."""

import importlib.util

import pandas as pd
import pytest

from eriq.errors import DependencyError
from eriq.psychometrics import cfa
from eriq.psychometrics.cfa import cfa_fit, require_semopy
from tests.psychometrics.conftest import ITEMS

MODELS = {"one": {"g": ITEMS}, "three": {"a": ITEMS[:3], "b": ITEMS[3:6], "c": ITEMS[6:]}}
OURS = {"chi2": "chisq", "df": "df", "p": "pvalue", "cfi": "cfi", "tli": "tli", "rmsea": "rmsea", "srmr": "srmr"}


@pytest.mark.parametrize("model", MODELS)
def test_fit_indices_are_those_of_lavaan(model: str, answers_r: pd.DataFrame, by_r: dict[str, float]) -> None:
    """Chi-squared, df, p, CFI, TLI, RMSEA (over n less 1) and SRMR of a bad and a good model, to three digits."""
    pytest.importorskip("semopy")
    row = cfa_fit(answers_r, "x", model, MODELS[model]).iloc[0]
    assert row["why"] == ""
    for mine, theirs in OURS.items():
        assert row[mine] == pytest.approx(by_r[f"{model}_{theirs}"], abs=0.001), mine


def test_without_semopy_the_line_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The optional part that is not there is named with its pip line."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(DependencyError, match=r"pip install 'eriq\[psychometrics\]'"):
        require_semopy()


@pytest.mark.parametrize(
    ("rows", "items", "why"),
    [(150, ITEMS, "fewer than 200 people answered"), (400, ITEMS[:3], "one factor needs four items to be tested")],
)
def test_what_cannot_be_tested_has_its_reason(
    answers_r: pd.DataFrame, rows: int, items: tuple[str, ...], why: str
) -> None:
    """Too few people, or a model without a degree of freedom, has no index."""
    row = cfa_fit(answers_r.head(rows), "x", "one", {"g": items}).iloc[0]
    assert row["why"] == why
    assert row[list(cfa.INDICES)].isna().all()
