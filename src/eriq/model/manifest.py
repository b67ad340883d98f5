"""The manifest of a saved model: what it is, what it takes, what it was judged on, and the digest of every file."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, Field, ValidationError

from eriq import __version__
from eriq.config import Section
from eriq.errors import BundleError
from eriq.features import Feature
from eriq.features.halves import Basis
from eriq.instrument.instrument import Instrument, MissingPolicy
from eriq.model.around import Around
from eriq.model.calibrator import Calibrator
from eriq.model.distributions import Binned
from eriq.model.limits import MANIFEST_BYTES, bounded, check_number
from eriq.model.signature import SIGNATURE, Keys, check_signed

FORMAT = 3  # of this file; 1 was eriq 0.1.0, and 2 had one fit for every row
SINCE_3: Mapping[str, object] = {"halves": [], "bases": []}  # what a manifest of format 2 lacks
LATER: Mapping[str, object] = {
    "distributions": {},
    "around": None,
    "ancestor": "",
}  # not written where a model has none
MANIFEST = "manifest.json"
Kind = Literal["linear", "booster", "rates", "prevalence", "tables", "stack"]


SAID_OF_FIT = ("halves", "contender", "measures", "kind", "calibrator", "members", "columns")


class Measured(Section):
    """A measure of the saved model with its interval; a gap where the training had none."""

    estimate: float | None = None
    low: float | None = None
    high: float | None = None


class TrainedOn(Section):
    """How many people a model was fitted on, and who they are."""

    n_rows: int = 0
    n_clients: int = 0
    n_events: int = 0
    prevalence: float = 0.0
    simulated: bool = False
    about: str = ""


class BasisFit(Section):
    """A further fit in the same folder, for rows in which a half, or the registers, are missing."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*(-[a-z]+)*$", description="Its files begin with basis-<name>-.")
    halves: tuple[str, ...] = Field(min_length=1)
    registers: bool
    contender: str
    measures: dict[str, Measured] = Field({})
    kind: Kind = "prevalence"
    calibrator: Calibrator = Calibrator(0.0, 1.0)
    members: int = 0
    columns: tuple[Feature, ...] = ()

    @property
    def basis(self) -> Basis:
        """Halves whose answers it takes, and whether it takes registers."""
        return self.halves, self.registers

    @property
    def prefix(self) -> str:
        """How the names of its files begin."""
        return f"basis-{self.name}-"


class Manifest(BaseModel, frozen=True, extra="forbid"):
    """What travels with a saved model; the study says the first part, saving adds the second."""

    experiment: str = ""
    contender: str = ""
    outcome: str = ""
    horizon_days: int = 0
    instrument: Instrument | None = None  # whole, so that scoring needs no other file
    flat_client: str | None = None  # of a ready table: the column that names the client
    missing_policy: MissingPolicy | None = None
    lag_days: int = 0
    period: tuple[str, str] | None = None  # first and last month of the answers
    trained_on: TrainedOn = TrainedOn()
    measures: dict[str, Measured] = {}
    fairness: dict[str, str] = {}  # verdicts on groups, by name
    ranges: dict[str, tuple[float, float]] = {}  # of measured columns, no closer to an end than a few people
    distributions: dict[str, Binned] = {}  # of clients in training, per column; none: shift is not assessable
    around: Around | None = None  # who answered in training, as a body; none: not assessable
    ancestor: str = ""  # of a model that was recalibrated: the seal of the one it was made from
    bands: tuple[float, ...] = ()  # probabilities that part low, middle and high
    data: dict[str, str] = {}  # digests of the tables
    config: str = ""
    versions: dict[str, str] = {}

    format: int = FORMAT
    eriq: str = __version__
    name: str = ""
    kind: Kind = "prevalence"
    calibrator: Calibrator = Calibrator(0.0, 1.0)
    members: int = 0  # refits saved beside the model
    columns: tuple[Feature, ...] = ()
    halves: tuple[str, ...] = ()  # enough answers of these are asked for; none: of all
    bases: tuple[BasisFit, ...] = ()  # those that ask for most first
    sha256: dict[str, str] = {}
    pyfunc: str = ""  # digest of the code that MLflow keeps beside the model and runs at an endpoint
    seal: str = ""

    def of_basis(self, fit: BasisFit) -> "Manifest":
        """Return what is said of a further fit, as if it were saved alone; ranges and bands are the model's."""
        return self.model_copy(update={**{n: getattr(fit, n) for n in SAID_OF_FIT}, "bases": ()})

    def sealed(self) -> "Manifest":
        """Return the manifest with the digest of everything else in it."""
        return self.model_copy(update={"seal": seal_of(self.content())})

    def content(self) -> dict[str, Any]:
        """Return what stands in the file; what older models lack is left out where there is none."""
        whole = self.model_dump(mode="json")
        return {name: value for name, value in whole.items() if name not in LATER or value != LATER[name]}

    def to_json(self) -> str:
        """Return the text of the file."""
        return json.dumps(self.content(), indent=1, ensure_ascii=False) + "\n"


def seal_of(content: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a manifest without its own seal, whatever the order of its keys.

    >>> seal_of({"name": "a", "seal": "x"}) == seal_of({"seal": "y", "name": "a"})
    True
    """
    text = json.dumps({k: v for k, v in content.items() if k != "seal"}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def read_manifest(folder: Path, trusted: Keys = ()) -> Manifest:
    """Return the manifest of a saved model after checking that it is whole and ours.

    Parameters
    ----------
    folder : Path
    trusted : tuple of bytes
        Public keys, one of which must have signed it; none: no signature is asked for or looked at.

    Raises
    ------
    BundleError
        When it is missing, a link, changed, of another format, not signed as it must be, or the folder holds more
        than it knows.
    """
    if not folder.is_dir():
        raise BundleError(f"there is no model folder {folder}")
    path = folder / MANIFEST
    if path.is_symlink():
        raise BundleError(f"{folder.name}/{MANIFEST} is a link")
    raw = bounded(path, MANIFEST_BYTES)
    if trusted:
        check_signed(folder, raw, trusted)
    try:
        content = json.loads(raw.decode("utf-8"))
        given, made_by, seal = content["format"], content["eriq"], content["seal"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise BundleError(f"{folder.name} is not a model saved by eriq: no readable {MANIFEST}") from None
    if given not in (FORMAT, 2):
        raise BundleError(
            f"{folder.name} was saved by eriq {str(made_by)[:20]} in format {str(given)[:20]}, and this eriq "
            f"{__version__} reads format {FORMAT}: train it again with 'eriq train' and the config that stands in its "
            f"{MANIFEST} under 'config', or score with the eriq that saved it"
        )
    if seal != seal_of(content):
        raise BundleError(f"{folder.name}/{MANIFEST} was changed after the model was saved")
    try:
        content = {**LATER, **content} if given == FORMAT else {**LATER, **SINCE_3, **content}
        manifest = Manifest.model_validate_json(json.dumps(content), strict=True)
        whole = set(content) == set(Manifest.model_fields)
    except (ValidationError, ValueError):
        whole = False
    if not whole:
        raise BundleError(f"{folder.name}/{MANIFEST} lacks what a model saved by eriq has")
    check_number(folder, len(manifest.sha256), manifest.members)
    if extra := {p.name for p in folder.iterdir()} - {MANIFEST, SIGNATURE, *manifest.sha256}:
        raise BundleError(f"{folder.name} holds {len(extra)} file(s) that its manifest does not know")
    return manifest
