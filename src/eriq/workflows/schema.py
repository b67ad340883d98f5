"""JSON schema of every kind of config, from the models that check them: for editors, and shipped in configs/schemas."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from eriq.config import Decisions, Experiment, Gates, Monitoring, ScoringJob
from eriq.config.costs import Costs
from eriq.config.sheets import SheetSettings
from eriq.config.trial import TrialConfig
from eriq.evidence.catalogue import EvidenceFile
from eriq.instrument.instrument import Instrument
from eriq.simulation.settings import Simulation
from eriq.tables.files import finished_or_nothing

KINDS: Mapping[str, type[BaseModel]] = {
    "experiment": Experiment,
    "scoring": ScoringJob,
    "promotion": Gates,
    "decisions": Decisions,
    "monitoring": Monitoring,
    "instrument": Instrument,
    "simulation": Simulation,
    "evidence": EvidenceFile,
    "costs": Costs,
    "sheet": SheetSettings,
    "trial": TrialConfig,
}
EXTENDING = ("instrument", "simulation")  # such a file may hold only what differs from the one it extends


def schema_text(kind: str) -> str:
    """Return the JSON schema of a kind of config.

    >>> '"title": "Gates"' in schema_text("promotion")
    True
    """
    whole = KINDS[kind].model_json_schema(by_alias=True)
    if kind in EXTENDING:  # an editor then knows the keys, and the command says what is missing
        whole = _loose(whole)
        whole["properties"]["extends"] = {"type": "string", "description": "The file that says all else."}
        if kind == "instrument":
            whole["properties"]["items"]["items"] = {
                "anyOf": [whole["properties"]["items"]["items"], {"type": "string"}]
            }
    said = {"$schema": "https://json-schema.org/draft/2020-12/schema", **whole}
    return json.dumps(said, indent=1, ensure_ascii=False) + "\n"


def _loose(part: Any) -> Any:
    """Return a schema in which no key has to be there."""
    if isinstance(part, dict):
        return {k: _loose(v) for k, v in part.items() if not (k == "required" and isinstance(v, list))}
    return [_loose(inner) for inner in part] if isinstance(part, list) else part


def write_schemas(out: Path, kind: str | None = None, *, overwrite: bool = True) -> list[Path]:
    """Write the schema of a kind of config, or of all, as ``<kind>.json``; return where."""
    places = [out / f"{name}.json" for name in ([kind] if kind else KINDS)]
    for place in places:
        with finished_or_nothing(place, overwrite=overwrite) as file:
            file.write_text(schema_text(place.stem), encoding="utf-8")
    return places
