"""Who vouches for a saved model: keys, a signature beside its manifest, keys that are trusted; door to cryptography."""

import base64
import hashlib
import json
import os
import re
import stat
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from eriq.errors import BundleError, ConfigError, OutputError
from eriq.model.limits import bounded

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

SIGNATURE = "signature.json"
TRUSTED_KEYS = "ERIQ_TRUSTED_KEYS"  # public key files that count where no config names any, parted as in PATH
STATEMENT = b"eriq saved model, signature 1\n"  # stands before what is signed: no other use of a key can pass for it
KEY_BYTES = 10_000  # most of a file with a key or a signature
Keys = tuple[bytes, ...]  # public Ed25519 keys, 32 bytes each


def new_key(out: Path) -> tuple[Path, str]:
    """Write a new private key for its owner alone, and the public one beside it as ``<out>.pub``.

    Parameters
    ----------
    out : Path

    Returns
    -------
    tuple of Path and str
        The public key's file, and its fingerprint.

    Raises
    ------
    OutputError
        When one of the files is there, or the folder cannot be written to.
    """
    from cryptography.hazmat.primitives import serialization as form
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key, public = Ed25519PrivateKey.generate(), out.with_name(f"{out.name}.pub")
    secret = key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption())
    shown = key.public_key().public_bytes(form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo)
    if public.exists() or public.is_symlink():
        raise OutputError(f"{public} is there already; a key is never overwritten")
    for file, content, mode in ((out, secret, 0o600), (public, shown, 0o644)):
        try:
            handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
        except FileExistsError:
            raise OutputError(f"{file} is there already; a key is never overwritten") from None
        except OSError as why:
            raise OutputError(f"{file} cannot be written: {why.strerror}") from None
        with os.fdopen(handle, "wb") as opened:
            opened.write(content)
    return public, fingerprint(key.public_key().public_bytes_raw())


def private_key(file: Path) -> "Ed25519PrivateKey":
    """Return the key that signs.

    Raises
    ------
    ConfigError
        When others can read the file, or it holds no Ed25519 key without a passphrase; its content is never shown.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    content = _key_file(file)
    if stat.S_IMODE(file.stat().st_mode) & 0o007:
        raise ConfigError(f"the private key {file} can be read by everyone on this machine: chmod 600 it")
    try:
        key = load_pem_private_key(content, None)
    except (ValueError, TypeError, NotImplementedError):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise ConfigError(f"{file} holds no private Ed25519 key without a passphrase; 'eriq key new' makes one")
    return key


def read_keys(files: Sequence[Path]) -> Keys:
    """Return the public keys in some files.

    Raises
    ------
    ConfigError
        When a file holds none; its content is never shown.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    found = []
    for file in files:
        content = _key_file(file)
        if b"PRIVATE" in content:
            raise ConfigError(f"{file} holds a private key; trust the public one beside it, {file.name}.pub")
        try:
            key = load_pem_public_key(content)
        except (ValueError, TypeError, NotImplementedError):
            key = None
        if not isinstance(key, Ed25519PublicKey):
            raise ConfigError(f"{file} holds no public Ed25519 key")
        found.append(key.public_bytes_raw())
    return tuple(found)


def trusted_keys(given: Sequence[Path] | None = None) -> Keys:
    """Return the keys that may have signed what is opened: those given, else those that ERIQ_TRUSTED_KEYS names.

    No keys at all means that nobody asks for a signature.

    Raises
    ------
    ConfigError
        When a key cannot be read.
    """
    if given is None:
        given = [Path(part) for part in os.environ.get(TRUSTED_KEYS, "").split(os.pathsep) if part]
    return read_keys(given) if given else ()


def fingerprint(key: bytes) -> str:
    """Return what a public key is called: the SHA-256 of its 32 bytes.

    >>> fingerprint(bytes(32))[:16]
    '66687aadf862bd77'
    """
    return hashlib.sha256(key).hexdigest()


def sign(folder: Path, manifest: bytes, key: "Ed25519PrivateKey") -> str:
    """Put a signature of a manifest, and so of every file it has a digest of, beside it; return the fingerprint.

    Raises
    ------
    OutputError
        When the folder cannot be written to.
    """
    name = fingerprint(key.public_key().public_bytes_raw())
    signed = base64.b64encode(key.sign(STATEMENT + manifest)).decode()
    text = json.dumps({"algorithm": "Ed25519", "key": name, "signature": signed}, indent=1) + "\n"
    try:  # made beside the folder: whoever opens the model meanwhile finds no file that is not known
        with tempfile.NamedTemporaryFile("w", dir=folder.parent, prefix=".signature-", delete=False) as draft:
            draft.write(text)
        Path(draft.name).chmod(0o644)
        Path(draft.name).replace(folder / SIGNATURE)
    except OSError as why:
        raise OutputError(f"the signature cannot be put into {folder}: {why.strerror}") from None
    return name


def check_signed(folder: Path, manifest: bytes, trusted: Keys) -> str:
    """Return the fingerprint of the trusted key that signed a manifest.

    Parameters
    ----------
    folder : Path
    manifest : bytes
        The very bytes of the file, before anything in them is parsed.
    trusted : tuple of bytes
        At least one.

    Raises
    ------
    BundleError
        When there is no signature, none by a trusted key, or that of another manifest.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    if not os.path.lexists(folder / SIGNATURE):
        raise BundleError(f"{folder.name} is not signed, and only models signed by a trusted key are opened here")
    try:
        said = json.loads(bounded(folder / SIGNATURE, KEY_BYTES))
        algorithm, name, signed = said["algorithm"], said["key"], base64.b64decode(said["signature"], validate=True)
        whole = set(said) == {"algorithm", "key", "signature"} and algorithm == "Ed25519"
        whole = whole and re.fullmatch(r"[0-9a-f]{64}", name) is not None
    except (ValueError, KeyError, TypeError, RecursionError):
        whole = False
    if not whole:
        raise BundleError(f"{folder.name}/{SIGNATURE} is not a signature made by eriq")
    key = {fingerprint(key): key for key in trusted}.get(name)
    if key is None:
        raise BundleError(f"{folder.name} is signed by key {name[:16]}, which is not among the trusted ones")
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signed, STATEMENT + manifest)
    except InvalidSignature:
        raise BundleError(
            f"the signature of {folder.name} is not one of its manifest: it was changed after it was signed"
        ) from None
    return str(name)


def sign_text(statement: bytes, text: bytes, key: "Ed25519PrivateKey") -> tuple[str, str]:
    """Return the fingerprint of a key, and its signature of a text in base64.

    Parameters
    ----------
    statement : bytes
        What kind of text it is, a line of its own: a signature of one kind never passes for that of another.
    text : bytes
    key : Ed25519PrivateKey
    """
    name = fingerprint(key.public_key().public_bytes_raw())
    return name, base64.b64encode(key.sign(statement + text)).decode()


def is_signed(statement: bytes, text: bytes, name: str, signed: str, trusted: Keys) -> bool:
    """Return whether a trusted key of this fingerprint signed a text of this kind, as `sign_text` does."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    key = {fingerprint(key): key for key in trusted}.get(name)
    if key is None:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(base64.b64decode(signed, validate=True), statement + text)
    except (InvalidSignature, ValueError):
        return False
    return True


def _key_file(file: Path) -> bytes:
    try:
        return bounded(file, KEY_BYTES)
    except BundleError:
        raise ConfigError(f"{file} is no file with a key that can be read") from None
