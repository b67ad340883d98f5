"""Trainings and scores give what they gave: a change of numbers is a change somebody meant."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import SHARED, eriq
from tests.golden.golden import HERE, inputs, model_of, taken

TOLERANCE = 1e-6  # another processor moves the last digits


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder to score in."""
    return tmp_path_factory.mktemp("golden")


@pytest.fixture(scope="module")
def given(folder: Path) -> Mapping[str, Path]:
    """Give the rows to score, by name of the training."""
    return inputs(folder, eriq, SHARED)


def same(found: Any, stored: Any, place: str = "") -> list[str]:
    """Return where two plain contents differ, numbers by more than the tolerance."""
    if isinstance(stored, dict) and isinstance(found, dict):
        keys = sorted(map(str, found.keys() ^ stored.keys()))
        lines = [line for k in found.keys() & stored.keys() for line in same(found[k], stored[k], f"{place}/{k}")]
        return lines + ([f"{place}: on one side only: {keys[:5]}"] if keys else [])
    if isinstance(stored, list) and isinstance(found, list):
        if len(found) != len(stored):
            return [f"{place}: {len(found)} entries, {len(stored)} stored"]
        pairs = zip(found, stored, strict=True)
        return [line for k, (a, b) in enumerate(pairs) for line in same(a, b, f"{place}/{k}")]
    if isinstance(stored, float) and isinstance(found, int | float):
        return [] if abs(found - stored) <= TOLERANCE else [f"{place}: {found} and {stored} stored"]
    return [] if found == stored else [f"{place}: {found} and {stored} stored"]


@pytest.mark.parametrize("name", ["quick", "jobs2", "demo"])
def test_a_training_gives_the_stored_numbers(
    name: str, folder: Path, given: Mapping[str, Path], training: Callable[[str], Path]
) -> None:
    """Measures, differences, flow, manifest and 1,000 scored rows are as stored, to 1e-6; counts exactly."""
    if name == "jobs2" and not SHARED.is_dir():
        pytest.skip("the public data sets are not part of this repository")
    stored = json.loads((HERE / f"{name}.json").read_text(encoding="utf-8"))
    home, scores = training(name), folder / f"{name}.csv"
    eriq("score", model_of(home, name), given[name], "--out", scores, cwd=folder, code=None)

    assert same(taken(home, name, scores), stored) == []


def test_a_difference_is_seen() -> None:
    """A number moved by 2e-6, a count by one, a lost key and a lost entry are each one line."""
    assert same({"a": [1.0, 2]}, {"a": [1.0, 2]}) == []
    assert len(same({"a": [1.000002, 3], "b": 1}, {"a": [1.0, 2]})) == 3
    assert len(same([1], [1, 2])) == 1
