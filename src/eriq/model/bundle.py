"""Saved models: a folder without pickle, checked before anything in it is opened."""

import hashlib
import io
import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from eriq.errors import BundleError, OutputError
from eriq.features import Feature
from eriq.features.halves import Basis
from eriq.instrument.instrument import Instrument
from eriq.instrument.texts import LANGUAGES, Language
from eriq.model.calibrator import Calibrator
from eriq.model.limits import bounded, check_archive, check_parquet, check_whole, most_of
from eriq.model.manifest import MANIFEST, BasisFit, Kind, Manifest, read_manifest
from eriq.model.model import Model
from eriq.model.plain import PlainLine, read_line
from eriq.model.signature import Keys
from eriq.model.tables import from_json, to_json
from eriq.model.tried import remember, try_out

SELFTEST = "selftest.parquet"
BACKGROUND = "background.parquet"  # invented rows that contributions are against
ENDINGS = {"booster": "booster.txt", "tables": "tables.json", "stack": "stack.json"}  # of estimators; else skops
STACKED = {"linear", "booster", "tables"}
PYFUNC = Path(__file__).parents[1] / "registry" / "pyfunc.py"  # by its place: this room must not import that one
# The types our scikit-learn parts need beyond what skops accepts by itself; the list stands
# here and not in the file, so that no file can widen it.
TRUSTED = ["eriq.model.parts.LevelRates", "eriq.model.parts.Splines", "eriq.model.parts.middle", "numpy.dtype"]


@dataclass(frozen=True, eq=False, repr=False)
class Bundle:
    """An opened model with its manifest: the contract of what it takes and gives."""

    model: Model
    features: tuple[Feature, ...]  # of the columns the model uses, in their order
    manifest: Manifest
    folder: Path
    trusted: Keys = ()  # one of these keys has signed it; none: nobody asked
    bases: tuple["Bundle", ...] = ()  # further fits, for rows in which a half or the registers are missing

    def __repr__(self) -> str:
        return f"Bundle({self.manifest.name})"

    @property
    def fits(self) -> tuple["Bundle", ...]:
        """The model and its further fits; a row gets the first whose content it has."""
        return (self, *self.bases)

    @property
    def basis(self) -> Basis:
        """What the fit takes: answers of which halves, and whether registers."""
        halves = {f.half for f in self.features if self.instrument is not None} - {""}
        return tuple(sorted(halves)), self.needs_registers

    @property
    def name(self) -> str:
        """Name, date and digest, as every score carries them."""
        return self.manifest.name

    @property
    def instrument(self) -> Instrument | None:
        """The questionnaire the model was trained on, from its own manifest."""
        return self.manifest.instrument

    def language(self, asked: Language | None) -> Language:
        """Return the language asked for, or the first there is; of a ready table any language may be asked for.

        Raises
        ------
        InstrumentError
            When the questionnaire has no text in it.
        """
        return self.instrument.language(asked) if self.instrument else asked or LANGUAGES[0]

    @property
    def client(self) -> str:
        """The column that names the client: ours, or that of a ready table."""
        return self.manifest.flat_client or "client_id"

    @property
    def days(self) -> tuple[str, ...]:
        """Columns of a ready table that dates are counted from: the day of the answer."""
        return tuple(dict.fromkeys(f.given.until for f in self.features if f.given and f.given.until))

    @property
    def registers(self) -> tuple[str, ...]:
        """Columns of the model that registers, and the form, give."""
        return tuple(f.name for f in self.features if f.recorded)

    @property
    def needs_registers(self) -> bool:
        """Whether the model uses facts that only registers have."""
        return self.instrument is not None and bool(self.registers)

    @property
    def needs_form(self) -> bool:
        """Whether the model uses the form that staff fill in."""
        return self.needs_registers and any(f.part == "form" for f in self.features)

    @property
    def needs_previous(self) -> bool:
        """Whether the model, or a further fit of it, looks at questionnaires answered before."""
        return any(f.of_waves for fit in self.fits for f in fit.features)

    def example_rows(self) -> pd.DataFrame:
        """Return one made-up row that the model scores."""
        row: dict[str, Any] = {self.client: "example"}
        if self.instrument is None:
            return pd.DataFrame(
                [row | dict.fromkeys(self.days, "2000-01-01") | {f.column: f.example for f in self.features}]
            )
        row["answered_on"] = "2000-01-01"
        row |= {item: self.instrument.levels(item)[0].code for item in self.instrument.item_ids}
        return pd.DataFrame([row | dict.fromkeys(self.registers, 0)])


@dataclass(frozen=True, eq=False)
class Fit:
    """A fitted model with what is saved beside it."""

    model: Model
    features: tuple[Feature, ...]  # of the model's columns, in their order
    sample: np.ndarray  # invented rows for the self-test, shape (n_rows, n_columns); never rows of people
    basis: BasisFit | None = None  # of a further fit, what the study says of it


def save_bundle(
    model: Model,
    features: tuple[Feature, ...],
    manifest: Manifest,
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
    manifest : Manifest
        What the study says; name, columns and digests are added here.
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
    return save_fits([Fit(model, features, sample)], manifest, card, models, name)


def save_fits(fits: Sequence[Fit], manifest: Manifest, card: str, models: Path, name: str) -> Bundle:
    """Write a model with further fits for rows that lack a half or the registers; see `save_bundle`.

    Parameters
    ----------
    fits : sequence of Fit
        The model, and then further fits: those that ask for most first.
    manifest, card, models, name
        As in `save_bundle`.
    """
    parts: dict[str, bytes] = {"card.md": card.encode()}
    for fit in fits:
        prefix = fit.basis.prefix if fit.basis else ""
        parts |= {f"{prefix}{part}": content for part, content in _parts_of(fit).items()}
    digests = {part: hashlib.sha256(content).hexdigest() for part, content in parts.items()}
    bases = tuple(fit.basis.model_copy(update=_saved_as(fit)) for fit in fits if fit.basis)
    whole = manifest.model_copy(update={**_saved_as(fits[0]), "bases": bases, "sha256": digests})
    whole = whole.model_copy(update={"pyfunc": hashlib.sha256(PYFUNC.read_bytes()).hexdigest()})
    whole = whole.model_copy(update={"name": f"{name}-{whole.sealed().seal[:8]}"}).sealed()
    parts[MANIFEST] = whole.to_json().encode()
    folder = models / whole.name
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
    remember(_boosters(parts), max(len(fit.features) for fit in fits))  # made here, by LightGBM itself
    return open_bundle(folder)


def _saved_as(fit: Fit) -> dict[str, Any]:
    """Return what a manifest says of a fit beyond what the study says."""
    model = fit.model
    said = {"kind": model.kind, "calibrator": model.calibrator, "members": len(model.members)}
    return {**said, "columns": fit.features}


def _parts_of(fit: Fit) -> dict[str, bytes]:
    """Return the files of a fit, by their names without the fit's own beginning."""
    parts = {**_parts(fit.model), SELFTEST: _selftest(fit.model, fit.sample)}
    if fit.model.background is not None:
        parts[BACKGROUND] = _packed(pd.DataFrame(fit.model.background, columns=list(fit.model.columns)))
    return parts


def _parts(model: Model) -> dict[str, bytes]:
    """Return the estimator, and its refits, as files."""
    parts: dict[str, bytes] = {}
    for place, estimator in enumerate((model.estimator, *model.members)):
        parts |= _files(model.kind, estimator, "model" if place == 0 else f"member-{place}")
    return parts


def _files(kind: Kind, estimator: Any, stem: str) -> dict[str, bytes]:
    """Return an estimator as files; of a stack one that says who is in it, and those of each."""
    if kind == "booster":
        content = estimator.model_to_string().encode()
    elif kind == "tables":
        content = to_json(estimator).encode()
    elif kind == "stack":
        content = json.dumps([{"kind": m.kind, **asdict(m.calibrator)} for m in estimator]).encode()
    else:
        import skops.io

        content = estimator.content if isinstance(estimator, PlainLine) else skops.io.dumps(estimator)
    files = {f"{stem}.{ENDINGS.get(kind, 'skops')}": content}
    for place, member in enumerate(estimator if kind == "stack" else ()):
        files |= _files(member.kind, member.estimator, f"{stem}-part-{place + 1}")
    return files


def _selftest(model: Model, sample: np.ndarray) -> bytes:
    frame = pd.DataFrame(sample, columns=list(model.columns)).assign(log_odds=model.log_odds(sample))
    for place, column in enumerate(model.contributions(sample).T):
        frame[f"contribution_{place}"] = column
    return _packed(frame)


def _packed(frame: pd.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.to_parquet(buffer, index=False)
    return buffer.getvalue()


def _boosters(parts: Mapping[str, bytes]) -> list[str]:
    """Return the text of every ensemble of trees among the files of a model."""
    ending = f".{ENDINGS['booster']}"
    return [content.decode(errors="replace") for name, content in sorted(parts.items()) if name.endswith(ending)]


def _background(content: bytes | None, columns: tuple[str, ...], folder: Path) -> np.ndarray | None:
    """Return the rows that contributions are against, if the model has any."""
    if content is None:
        return None
    check_parquet(content, f"{folder.name}/{BACKGROUND}", len(columns))
    try:
        return pd.read_parquet(io.BytesIO(content))[list(columns)].to_numpy("float64")
    except Exception:  # whatever a file of another make runs into
        raise BundleError(f"{folder.name}/{BACKGROUND} does not hold the columns of the model") from None


def open_bundle(folder: str | Path, trusted: Keys = ()) -> Bundle:
    """Open a saved model after checking every file, and let it prove itself on its self-test.

    Parameters
    ----------
    folder : str or Path
        A folder written by `save_bundle`.
    trusted : tuple of bytes
        Public keys, one of which must have signed the model; none: no signature is asked for. Boosted trees that
        nobody vouches for are read by another process first.

    Returns
    -------
    Bundle

    Raises
    ------
    BundleError
        When a file is missing, changed, added, a link, too large, or needs types we do not accept; when the
        manifest is not ours or not signed as it must be; when the self-test gives other numbers.
    """
    folder = Path(folder)
    manifest = read_manifest(folder, trusted)
    payload = {name: _checked(folder, name, digest) for name, digest in manifest.sha256.items()}
    check_whole(folder, payload)
    fits = [manifest, *(manifest.of_basis(fit) for fit in manifest.bases)]
    if not trusted:
        try_out(_boosters(payload), max(len(fit.columns) for fit in fits), folder)
    further = tuple(_opened(manifest.of_basis(fit), payload, folder, fit.prefix, trusted) for fit in manifest.bases)
    return replace(_opened(manifest, payload, folder, trusted=trusted), bases=further)


def _opened(
    manifest: Manifest, payload: Mapping[str, bytes], folder: Path, prefix: str = "", trusted: Keys = ()
) -> Bundle:
    """Return a fit from its files, whose names begin with `prefix`, after its self-test."""
    stems = [f"{prefix}model", *(f"{prefix}member-{k + 1}" for k in range(manifest.members))]
    names = tuple(f.name for f in manifest.columns)
    background = _background(payload.get(f"{prefix}{BACKGROUND}"), names, folder)
    parts = [_open_part(payload, stem, manifest.kind, folder, (names, background)) for stem in stems]
    model = Model(manifest.kind, names, parts[0], manifest.calibrator, tuple(parts[1:]), background)
    _prove(model, payload.get(f"{prefix}{SELFTEST}", b""), folder)
    return Bundle(model, manifest.columns, manifest, folder, trusted)


def _checked(folder: Path, name: str, digest: str) -> bytes:
    """Return the bytes of a file that is just what the manifest says."""
    path = folder / name
    if Path(name).name != name or path.is_symlink():
        raise BundleError(f"{folder.name}: '{name}' points out of the folder")
    content = bounded(path, most_of(name))
    if hashlib.sha256(content).hexdigest() != digest:
        raise BundleError(f"{folder.name}/{name} does not match its manifest")
    return content


Columns = tuple[tuple[str, ...], np.ndarray | None]  # names, and the background of contributions


def _open_part(payload: Mapping[str, bytes], stem: str, kind: str, folder: Path, columns: Columns) -> Any:
    """Return an estimator; its bytes were checked before any parser sees them."""
    name = f"{stem}.{ENDINGS.get(kind, 'skops')}"
    if name not in payload:
        raise BundleError(f"{folder.name} has no {name}")
    if kind == "booster":
        import lightgbm as lgb

        try:
            return lgb.Booster(model_str=payload[name].decode())
        except (ValueError, lgb.basic.LightGBMError):
            raise BundleError(f"{folder.name}/{name} is not a LightGBM model") from None
    if kind == "tables":
        try:
            return from_json(payload[name].decode(), columns[0])
        except ValueError:
            raise BundleError(f"{folder.name}/{name} does not hold the tables of this model") from None
    if kind == "stack":
        try:
            found = [
                (m["kind"], Calibrator(float(m["intercept"]), float(m["slope"]))) for m in json.loads(payload[name])
            ]
        except (ValueError, KeyError, TypeError, RecursionError):
            found = []
        if not found or not {kind for kind, _ in found} <= STACKED:
            raise BundleError(f"{folder.name}/{name} does not say which models are stacked")
        opened = [
            _open_part(payload, f"{stem}-part-{k}", kind, folder, columns) for k, (kind, _) in enumerate(found, 1)
        ]
        return tuple(
            Model(kind, columns[0], part, calibrator, (), columns[1])
            for (kind, calibrator), part in zip(found, opened, strict=True)
        )
    check_archive(payload[name], f"{folder.name}/{name}")
    if kind == "linear" and (line := read_line(payload[name])):
        return line
    import skops.io

    try:
        unknown = set(skops.io.get_untrusted_types(data=payload[name])) - set(TRUSTED)
    except Exception:
        raise BundleError(f"{folder.name}/{name} is not a skops file") from None
    if unknown:
        raise BundleError(f"{folder.name}/{name} needs types we do not accept: {', '.join(sorted(unknown))}")
    try:
        return skops.io.loads(payload[name], trusted=TRUSTED)
    except Exception:  # whatever an archive of another make runs into
        raise BundleError(f"{folder.name}/{name} is not a skops file that can be opened here") from None


def _prove(model: Model, content: bytes, folder: Path) -> None:
    """Raise BundleError unless the model gives the numbers it gave when it was saved."""
    check_parquet(content, f"{folder.name}/{SELFTEST}", 2 * len(model.columns) + 2)
    try:
        frame = pd.read_parquet(io.BytesIO(content))
        sample = frame[list(model.columns)].to_numpy("float64")
        given = np.column_stack([model.log_odds(sample)[:, None], model.contributions(sample)])
        same = np.allclose(given, frame.drop(columns=list(model.columns)).to_numpy(), rtol=0, atol=1e-9)
    except Exception:  # whatever a model of another make runs into
        raise BundleError(f"{folder.name}: the self-test cannot be run with this model") from None
    if not same:
        raise BundleError(f"{folder.name}: the self-test gives other numbers here than when it was saved")
