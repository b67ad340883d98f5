"""Saved models: a folder without pickle, checked before anything in it is opened."""

import hashlib
import io
import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from eriq import __version__
from eriq.errors import BundleError, OutputError
from eriq.features import Feature
from eriq.instrument.instrument import Instrument
from eriq.model.calibrator import Calibrator
from eriq.model.model import Model

FORMAT = 1
MANIFEST = "manifest.json"
SELFTEST = "selftest.parquet"
# The types our scikit-learn parts need beyond what skops accepts by itself; the list stands
# here and not in the file, so that no file can widen it.
TRUSTED = ["eriq.model.parts.LevelRates", "eriq.model.parts.Splines", "numpy.dtype"]


@dataclass(frozen=True, eq=False)
class Bundle:
    """An opened model with its manifest: the contract of what it takes and gives."""

    model: Model
    features: tuple[Feature, ...]  # of the columns the model uses, in their order
    manifest: dict[str, Any]
    folder: Path

    @property
    def name(self) -> str:
        """Name, date and digest, as every score carries them."""
        return str(self.manifest["name"])


def save_bundle(
    model: Model,
    features: tuple[Feature, ...],
    facts: Mapping[str, Any],
    card: str,
    sample: np.ndarray,
    models: Path,
    name: str,
) -> Bundle:
    """Write a model under ``models/<name>-<digest>`` and return it as reloaded from there.

    Parameters
    ----------
    model : Model
    features : tuple of Feature
        Of the model's columns, in their order.
    facts : mapping
        What the manifest says: instrument, outcome, digests of the data, period, metrics.
    card : str
        The model card, as Markdown.
    sample : ndarray of shape (n_rows, n_columns)
        Invented rows for the self-test; never rows of people.
    models : Path
        Folder that holds the models.
    name : str

    Raises
    ------
    OutputError
        When the folder cannot be written.
    """
    parts = _parts(model)
    parts["card.md"] = card.encode()
    parts[SELFTEST] = _selftest(model, sample)
    digests = {part: hashlib.sha256(content).hexdigest() for part, content in parts.items()}
    manifest = {
        "format": FORMAT,
        "eriq": __version__,
        **facts,
        "model": {"kind": model.kind, "calibrator": asdict(model.calibrator), "members": len(model.members)},
        "columns": [asdict(f) for f in features],
        "sha256": digests,
    }
    full_name = f"{name}-{_seal(manifest)[:8]}"
    manifest["name"] = full_name
    manifest["seal"] = _seal(manifest)
    parts[MANIFEST] = (json.dumps(manifest, indent=1, ensure_ascii=False, default=str) + "\n").encode()
    folder = models / full_name
    try:
        models.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(dir=models, prefix=".draft-"))
        for part, content in parts.items():
            (draft / part).write_bytes(content)
        draft.chmod(0o755)
        if folder.exists():  # the same content under the same name
            shutil.rmtree(folder)
        draft.rename(folder)
    except OSError as why:
        raise OutputError(f"the model cannot be saved in {models}: {why.strerror}") from None
    return open_bundle(folder)


def _parts(model: Model) -> dict[str, bytes]:
    """Return the estimator, and its refits, as files."""
    import skops.io

    parts = {}
    for place, estimator in enumerate((model.estimator, *model.members)):
        stem = "model" if place == 0 else f"member-{place}"
        if model.kind == "booster":
            parts[f"{stem}.booster.txt"] = estimator.model_to_string().encode()
        else:
            parts[f"{stem}.skops"] = skops.io.dumps(estimator)
    return parts


def _selftest(model: Model, sample: np.ndarray) -> bytes:
    frame = pd.DataFrame(sample, columns=list(model.columns))
    frame["log_odds"] = model.log_odds(sample)
    for place, column in enumerate(model.contributions(sample).T):
        frame[f"contribution_{place}"] = column
    buffer = io.BytesIO()
    frame.to_parquet(buffer, index=False)
    return buffer.getvalue()


def _seal(manifest: Mapping[str, Any]) -> str:
    """Return a digest of the manifest without its own seal."""
    text = json.dumps({k: v for k, v in manifest.items() if k != "seal"}, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def open_bundle(folder: str | Path) -> Bundle:
    """Open a saved model after checking every file, and let it prove itself on its self-test.

    Parameters
    ----------
    folder : str or Path
        A folder written by `save_bundle`.

    Returns
    -------
    Bundle

    Raises
    ------
    BundleError
        When a file is missing, changed, added, a link, or needs types we do not accept; when the
        manifest is not ours; when the self-test gives other numbers.
    """
    folder = Path(folder)
    manifest = read_manifest(folder)
    payload = {name: _checked(folder, name, digest) for name, digest in manifest["sha256"].items()}
    try:
        kind = manifest["model"]["kind"]
        stems = ["model", *(f"member-{k + 1}" for k in range(manifest["model"]["members"]))]
        features = tuple(_feature(column) for column in manifest["columns"])
        calibrator = Calibrator(**manifest["model"]["calibrator"])
    except (KeyError, TypeError, AttributeError):
        raise BundleError(f"{folder.name}/{MANIFEST} lacks what a model saved by eriq has") from None
    parts = [_open_part(payload, stem, kind, folder) for stem in stems]
    model = Model(kind, tuple(f.name for f in features), parts[0], calibrator, tuple(parts[1:]))
    _prove(model, payload.get(SELFTEST, b""), folder)
    return Bundle(model, features, manifest, folder)


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of a saved model after checking that it is whole and ours."""
    if not folder.is_dir():
        raise BundleError(f"there is no model folder {folder}")
    try:
        path = folder / MANIFEST
        if path.is_symlink():
            raise BundleError(f"{folder.name}/{MANIFEST} is a link")
        manifest = json.loads(path.read_text(encoding="utf-8"))
        seal, parts = manifest["seal"], set(dict(manifest["sha256"]))
        if manifest["format"] != FORMAT:
            raise BundleError(f"{folder.name} has format {manifest['format']}, this eriq reads {FORMAT}")
    except (OSError, ValueError, KeyError, TypeError):
        raise BundleError(f"{folder.name} is not a model saved by eriq: no readable {MANIFEST}") from None
    if seal != _seal(manifest):
        raise BundleError(f"{folder.name}/{MANIFEST} was changed after the model was saved")
    present = {p.name for p in folder.iterdir()}
    if extra := present - {MANIFEST, *parts}:
        raise BundleError(f"{folder.name} holds {len(extra)} file(s) that its manifest does not know")
    return dict(manifest)


def _checked(folder: Path, name: str, digest: str) -> bytes:
    """Return the bytes of a file that is just what the manifest says."""
    path = folder / name
    if Path(name).name != name or path.is_symlink():
        raise BundleError(f"{folder.name}: '{name}' points out of the folder")
    try:
        content = path.read_bytes()
    except OSError:
        raise BundleError(f"{folder.name}/{name} is missing or cannot be read") from None
    if hashlib.sha256(content).hexdigest() != digest:
        raise BundleError(f"{folder.name}/{name} does not match its manifest")
    return content


def _open_part(payload: Mapping[str, bytes], stem: str, kind: str, folder: Path) -> Any:
    """Return an estimator; its bytes were checked before any parser sees them."""
    name = f"{stem}.booster.txt" if kind == "booster" else f"{stem}.skops"
    if name not in payload:
        raise BundleError(f"{folder.name} has no {name}")
    if kind == "booster":
        import lightgbm as lgb

        try:
            return lgb.Booster(model_str=payload[name].decode())
        except (ValueError, lgb.basic.LightGBMError):
            raise BundleError(f"{folder.name}/{name} is not a LightGBM model") from None
    import skops.io

    try:
        unknown = set(skops.io.get_untrusted_types(data=payload[name])) - set(TRUSTED)
    except Exception:
        raise BundleError(f"{folder.name}/{name} is not a skops file") from None
    if unknown:
        raise BundleError(f"{folder.name}/{name} needs types we do not accept: {', '.join(sorted(unknown))}")
    return skops.io.loads(payload[name], trusted=TRUSTED)


def _feature(column: Mapping[str, Any]) -> Feature:
    known = {f.name for f in fields(Feature)}
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in column.items() if k in known}
    return Feature(**values)


def _prove(model: Model, content: bytes, folder: Path) -> None:
    """Raise BundleError unless the model gives the numbers it gave when it was saved."""
    try:
        frame = pd.read_parquet(io.BytesIO(content))
        sample = frame[list(model.columns)].to_numpy("float64")
        given = np.column_stack([model.log_odds(sample)[:, None], model.contributions(sample)])
        same = np.allclose(given, frame.drop(columns=list(model.columns)).to_numpy(), rtol=0, atol=1e-9)
    except Exception:  # whatever a model of another make runs into
        raise BundleError(f"{folder.name}: the self-test cannot be run with this model") from None
    if not same:
        raise BundleError(f"{folder.name}: the self-test gives other numbers here than when it was saved")


def instrument_of(bundle: Bundle) -> Instrument | None:
    """Return the questionnaire a model was trained on, from its own manifest."""
    stored = bundle.manifest.get("instrument_content")
    return Instrument.model_validate(stored) if stored else None


def example_rows(bundle: Bundle) -> pd.DataFrame:
    """Return one made-up row that a model scores."""
    instrument = instrument_of(bundle)
    if instrument is None:
        row: dict[str, Any] = {bundle.manifest["flat"]["client"]: "example"}
        return pd.DataFrame([row | {bare_name(f): f.levels[0] if f.levels else 0 for f in bundle.features}])
    row = {"client_id": "example", "answered_on": "2000-01-01"}
    row |= {item: instrument.levels(item)[0].code for item in instrument.item_ids}
    return pd.DataFrame([row | {f.name: 0 for f in bundle.features if f.respondent == "register"}])


def needs_registers(bundle: Bundle) -> bool:
    """Return whether the model uses facts that only registers have."""
    return bundle.manifest["instrument"] is not None and any(f.respondent == "register" for f in bundle.features)


def bare_name(feature: Feature) -> str:
    """Return the name of a column of a ready table, without its block."""
    return feature.name.split(".", 1)[1]
