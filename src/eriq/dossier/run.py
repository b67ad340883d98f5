"""Which run a dossier is about: a run id, a folder of a report, or a saved model."""

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from eriq.errors import EriqError, SourceError, TrackingError
from eriq.model.manifest import MANIFEST
from eriq.registry.models import MODELS, folder_of
from eriq.registry.tracking import HOME, connect

FACTS = "facts.json"


@dataclass(frozen=True, slots=True)
class Run:
    """A run as it is kept: the folder of its report, and its model where one was saved and is here."""

    report: Path
    model: Path | None

    def files(self) -> Iterator[tuple[str, Path]]:
        """Yield (name, file) of what a dossier may rest on."""
        for name in (FACTS, "config.yaml", "model-card.md", "report.html"):
            if (self.report / name).is_file():
                yield name, self.report / name
        for file in sorted((self.report / "tables").glob("*.csv")):
            yield f"tables/{file.name}", file
        if self.model:
            yield MANIFEST, self.model / MANIFEST


def find_run(reference: str) -> Run:
    """Return the run that is meant.

    Parameters
    ----------
    reference : str
        Folder of a report, or one that holds dated ones, of which the newest counts; the name of a config that was
        trained here; a run id; or a saved model: folder, name under models/, or ``models:/name@alias``.

    Raises
    ------
    SourceError
        When there is none.
    TrackingError
        When the tracking server has none, or cannot be reached.
    """
    place = Path(reference)
    if not reference.startswith(("models:/", "runs:/")):
        for folder in (place, HOME / "reports" / reference):
            if (report := newest_report(folder)) is not None:
                return Run(report, _model_of(report))
    if re.fullmatch(r"(runs:/)?[0-9a-f]{32}", reference):
        report = _logged(reference.removeprefix("runs:/"))
        return Run(report, _model_of(report))
    try:
        model = folder_of(reference)
    except EriqError as why:
        raise SourceError(f"there is no run, report or model {reference}: {why}") from None
    if not (model / MANIFEST).is_file():
        raise SourceError(f"{reference} holds neither a report ({FACTS}) nor a saved model ({MANIFEST})")
    name = str(json.loads((model / MANIFEST).read_bytes()).get("name", model.name))
    for facts in sorted((HOME / "reports").rglob(FACTS), key=lambda file: file.stat().st_mtime, reverse=True):
        if _facts(facts).get("model_name") == name:
            return Run(facts.parent, model)
    raise SourceError(f"no report of {name} lies under {HOME / 'reports'}; give its folder or the id of its run")


def newest_report(folder: Path) -> Path | None:
    """Return the folder of a report: the one given, or the newest of the dated ones in it; None where there is none."""
    if (folder / FACTS).is_file():
        return folder
    dated = [file for file in folder.glob(f"*/{FACTS}") if file.is_file()] if folder.is_dir() else []
    return max(dated, key=lambda file: (file.stat().st_mtime, file.parent.name)).parent if dated else None


def copy_evidence(run: Run, out: Path) -> None:
    """Put what a dossier may rest on beside it; all of it was cleared when the report was written."""
    for name, file in run.files():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, out / name)


def _facts(file: Path) -> dict[str, object]:
    try:
        told = json.loads(file.read_bytes())
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


def _model_of(report: Path) -> Path | None:
    """Return the folder of the model that a report names, where it is here."""
    name = str(_facts(report / FACTS).get("model_name") or "")
    places = [MODELS / name, *(parent / "models" / name for parent in report.resolve().parents[:5])]
    return next((place for place in places if name and (place / MANIFEST).is_file()), None)


def _logged(run: str) -> Path:
    mlflow = connect()
    try:
        folder = Path(mlflow.artifacts.download_artifacts(run_id=run))
    except (mlflow.exceptions.MlflowException, OSError):
        raise TrackingError(f"the tracking server has no run {run}, or cannot be reached") from None
    report = newest_report(folder)
    if report is None:
        raise TrackingError(f"run {run} is no training: it holds no {FACTS}")
    return report
