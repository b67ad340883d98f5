"""Make a key, and vouch for a saved model with it."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from eriq.errors import ConfigError
from eriq.model.bundle import Bundle, open_bundle
from eriq.model.limits import MANIFEST_BYTES, bounded
from eriq.model.manifest import MANIFEST
from eriq.model.signature import SIGNATURE, new_key, private_key, sign
from eriq.registry.models import MODELS, add_to_logged, folder_of
from eriq.registry.tracking import HOME

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


def make_key(out: Path) -> str:
    """Write a new private key and, beside it, the public one that others are given.

    Raises
    ------
    ConfigError
        When it would lie among models.
    OutputError
        When one of the files is there.
    """
    _refuse_among_models(out, (MODELS, HOME))
    public, name = new_key(out)
    return (
        f"private key {out}: keep it where models are not, and give it to nobody\n"
        f"public key {public}: for trusted_keys, and for everybody\n"
        f"fingerprint {name}"
    )


def sign_model(reference: str, key: Path) -> str:
    """Sign a saved model after opening it with all its checks; in the registry, the copy there.

    Raises
    ------
    EriqError
        By cause; then the signature that was there, or none, is there still.
    """
    opened = signing_key(key, (MODELS, HOME))
    bundle = open_bundle(folder_of(reference))
    name = sign_bundle(bundle, opened)
    add_to_logged(reference, bundle.folder / SIGNATURE)
    return f"{bundle.name} is signed by key {name}"


def sign_bundle(bundle: Bundle, key: "Ed25519PrivateKey") -> str:
    """Sign the manifest that was checked when a model was opened, and return the key's fingerprint."""
    raw = bounded(bundle.folder / MANIFEST, MANIFEST_BYTES)
    if raw != bundle.manifest.to_json().encode():
        raise ConfigError(f"{bundle.folder} does not hold the manifest that was opened; nothing was signed")
    return sign(bundle.folder, raw, key)


def key_of_env(name: str, kept: Sequence[Path]) -> "Ed25519PrivateKey":
    """Return the private key whose path an environment variable holds.

    Raises
    ------
    ConfigError
        When it is not set, or names no such key.
    """
    if not os.environ.get(name):
        raise ConfigError(
            f"the environment variable {name} is not set; it holds the path of the private key that signs"
        )
    return signing_key(Path(os.environ[name]), kept)


def signing_key(file: Path, kept: Sequence[Path]) -> "Ed25519PrivateKey":
    """Return a private key that does not lie where models are kept: what is copied with them is no secret."""
    _refuse_among_models(file, kept)
    return private_key(file)


def _refuse_among_models(file: Path, kept: Sequence[Path]) -> None:
    """Raise ConfigError when a key lies in a model, beside one, or in a folder that keeps them."""
    above = file.resolve().parents
    among = any(place.resolve() in above for place in kept)
    among = among or any((place / name).is_file() for place in above for name in (MANIFEST, "MLmodel"))
    if among or (above[0].is_dir() and any(above[0].glob(f"*/{MANIFEST}"))):
        raise ConfigError(
            f"the private key {file} lies among models, which are copied and handed on; keep it elsewhere"
        )
