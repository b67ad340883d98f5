"""Schemas for editors: what is shipped is what the models say, and what is shipped fits them."""

import json
from pathlib import Path

import jsonschema
import pytest

from eriq.config import load_yaml
from eriq.workflows.schema import KINDS, schema_text, write_schemas

CONFIGS = Path(__file__).resolve().parents[2] / "configs"
FOLDERS = {
    "sheet": "sheets",
    "experiment": "experiments",
    "scoring": "scoring",
    "simulation": "simulation",
    "instrument": "instruments",
    "evidence": "evidence",
    "costs": "costs",
    "trial": "trials",
    "monitoring": "monitoring",
}


@pytest.mark.parametrize("kind", KINDS)
def test_shipped_schemas_are_those_of_the_models(kind, tmp_path):
    """configs/schemas holds what the command writes; `make schemas` writes it anew."""
    (place,) = write_schemas(tmp_path, kind)
    assert place.read_text("utf-8") == (CONFIGS / "schemas" / f"{kind}.json").read_text("utf-8")


@pytest.mark.parametrize("kind", KINDS)
def test_shipped_configs_fit_their_schema_and_name_it(kind):
    """Every shipped config passes; the first line tells an editor where the schema is; a misspelt key does not pass."""
    check = jsonschema.Draft202012Validator(json.loads(schema_text(kind)))
    files = [*(CONFIGS / FOLDERS[kind]).glob("*.yaml")] if kind in FOLDERS else [CONFIGS / f"{kind}.yaml"]
    assert files
    for file in files:
        content = json.loads(json.dumps(load_yaml(file), default=str))
        assert [e.message[:200] for e in check.iter_errors(content)] == [], file.name
        assert not check.is_valid({**content, "sede": 1})
        first = file.read_text("utf-8").splitlines()[0]
        place = first.removeprefix("# yaml-language-server: $schema=")
        assert kind == "instrument" or (file.parent / place).resolve() == CONFIGS / "schemas" / f"{kind}.json"
