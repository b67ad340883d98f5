"""Signatures: a key is its owner's, and a model that a trusted key did not sign as it stands is not opened."""

import json
import os
import stat
from pathlib import Path

import pytest
from tests.model.test_bundle import models, reseal, save  # noqa: F401 - fixtures

from eriq.errors import BundleError, ConfigError, OutputError
from eriq.model.bundle import Bundle, open_bundle
from eriq.model.manifest import MANIFEST
from eriq.model.signature import (
    SIGNATURE,
    TRUSTED_KEYS,
    Keys,
    fingerprint,
    new_key,
    private_key,
    read_keys,
    sign,
    trusted_keys,
)

DIGITS = "0123456789abcdef"


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """Make a key, and return the file of its private half."""
    new_key(tmp_path / "key.pem")
    return tmp_path / "key.pem"


@pytest.fixture
def trusted(key: Path) -> Keys:
    """Return the public half."""
    return read_keys([key.with_name("key.pem.pub")])


@pytest.fixture
def signed(save, key: Path) -> Bundle:  # noqa: F811
    """Save a model and sign it."""
    bundle: Bundle = save()
    sign(bundle.folder, (bundle.folder / MANIFEST).read_bytes(), private_key(key))
    return bundle


def test_a_key_is_its_owners_alone_and_never_overwritten(tmp_path: Path) -> None:
    """Whatever the umask, the private half is 0600; a file under either name, or a link, is left as it was."""
    old = os.umask(0)
    try:
        public, name = new_key(tmp_path / "a.pem")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "a.pem").stat().st_mode) == 0o600
    assert name == fingerprint(read_keys([public])[0])
    for taken in ("a.pem", "b.pem", "c.pem"):
        if taken == "b.pem":
            (tmp_path / "b.pem.pub").write_text("mine")
        if taken == "c.pem":
            (tmp_path / "c.pem").symlink_to(tmp_path / "elsewhere")
        before = {file.name: file.read_bytes() for file in tmp_path.iterdir() if file.is_file()}
        with pytest.raises(OutputError, match="never overwritten"):
            new_key(tmp_path / taken)
        assert {file.name: file.read_bytes() for file in tmp_path.iterdir() if file.is_file()} == before


def test_a_key_that_cannot_be_used_is_named_and_not_shown(tmp_path: Path, key: Path) -> None:
    """Of another kind, with a passphrase, readable by everyone, swapped, none, a pipe: ConfigError, no content."""
    from cryptography.hazmat.primitives import serialization as form
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519

    other = ec.generate_private_key(ec.SECP256R1())
    plain, locked = form.NoEncryption(), form.BestAvailableEncryption(b"hunter2")
    pem, pkcs8 = form.Encoding.PEM, form.PrivateFormat.PKCS8
    (tmp_path / "ec").write_bytes(other.private_bytes(pem, pkcs8, plain))
    (tmp_path / "locked").write_bytes(ed25519.Ed25519PrivateKey.generate().private_bytes(pem, pkcs8, locked))
    (tmp_path / "text").write_text("SECRET-77")
    (tmp_path / "open").write_bytes(key.read_bytes())
    for file in tmp_path.iterdir():
        file.chmod(0o600)
    (tmp_path / "open").chmod(0o604)
    os.mkfifo(tmp_path / "pipe")
    public = other.public_key().public_bytes(pem, form.PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "ec.pub").write_bytes(public)
    for name in ("ec", "locked", "text", "open", "pipe", "key.pem.pub", "none"):
        with pytest.raises(ConfigError, match=name) as refused:
            private_key(tmp_path / name)
        assert "SECRET" not in str(refused.value)
    for name in ("ec.pub", "text", "key.pem", "pipe", "none"):
        with pytest.raises(ConfigError, match=name):
            read_keys([tmp_path / name])


def test_a_signed_model_opens_for_those_who_trust_the_key_and_for_those_who_ask_nobody(signed, trusted) -> None:
    """With the key among others too; the bundle says against which keys it was opened."""
    other = bytes(range(32))
    assert open_bundle(signed.folder, (other, *trusted)).trusted == (other, *trusted)
    assert open_bundle(signed.folder).trusted == ()


def test_a_model_without_a_signature_is_refused_where_one_is_asked_for(save, trusted) -> None:  # noqa: F811
    """The same folder opens where nobody asks."""
    folder = save().folder
    with pytest.raises(BundleError, match="is not signed") as refused:
        open_bundle(folder, trusted)
    assert refused.value.exit_code == 13
    open_bundle(folder)


def test_a_resealed_model_is_refused(signed, trusted) -> None:
    """A card changed and every digest and the seal made to fit: open without keys, refused with them."""
    (signed.folder / "card.md").write_text("Approved for everything\n")
    name = {SIGNATURE: (signed.folder / SIGNATURE).read_bytes()}
    (signed.folder / SIGNATURE).unlink()
    reseal(signed.folder)
    (signed.folder / SIGNATURE).write_bytes(name[SIGNATURE])
    open_bundle(signed.folder)
    with pytest.raises(BundleError, match="changed after it was signed"):
        open_bundle(signed.folder, trusted)


def test_nothing_of_an_unsigned_manifest_is_parsed(signed, trusted, monkeypatch) -> None:
    """The signature is of the bytes: one blank more in a manifest that means the same is refused before it is read."""
    (signed.folder / MANIFEST).write_bytes((signed.folder / MANIFEST).read_bytes() + b" ")
    open_bundle(signed.folder)
    with pytest.raises(BundleError, match="changed after it was signed"):
        open_bundle(signed.folder, trusted)


def test_a_changed_part_of_a_signed_model_is_refused(signed, trusted) -> None:
    """The manifest is signed and untouched; its digest of the part is not that of the part."""
    (signed.folder / "model.skops").write_bytes(b"x")
    with pytest.raises(BundleError, match=r"model\.skops does not match"):
        open_bundle(signed.folder, trusted)


def test_a_signature_of_another_key_is_not_one(signed, trusted, tmp_path) -> None:
    """Signed anew by a key nobody trusts, also under the trusted one's name."""
    new_key(tmp_path / "other.pem")
    sign(signed.folder, (signed.folder / MANIFEST).read_bytes(), private_key(tmp_path / "other.pem"))
    with pytest.raises(BundleError, match="not among the trusted"):
        open_bundle(signed.folder, trusted)
    said = json.loads((signed.folder / SIGNATURE).read_text()) | {"key": fingerprint(trusted[0])}
    (signed.folder / SIGNATURE).write_text(json.dumps(said))
    with pytest.raises(BundleError, match="changed after it was signed"):
        open_bundle(signed.folder, trusted)


def test_a_signature_of_another_model_is_not_one(signed, trusted, save) -> None:  # noqa: F811
    """Carried over from a signed model to another."""
    other = save(experiment="other").folder
    (other / SIGNATURE).write_bytes((signed.folder / SIGNATURE).read_bytes())
    with pytest.raises(BundleError, match="changed after it was signed"):
        open_bundle(other, trusted)


@pytest.mark.parametrize(
    "change",
    [
        {"algorithm": "none"},
        {"key": 5},
        {"key": "../../x"},
        {"signature": "?"},
        {"signature": None},
        {"signature": ""},
        {"more": 1},
        "[]",
        "",
        "\x00",
        pytest.param("[" * 9000, id="deep"),
        pytest.param("x" * 20_000, id="long"),
        "link",
        "folder",
        "pipe",
    ],
)
def test_a_malformed_signature_is_refused(signed, trusted, tmp_path, change) -> None:
    """Whatever stands in its place: BundleError, and it is never waited for."""
    file = signed.folder / SIGNATURE
    whole = file.read_text()
    file.unlink()
    if change == "link":
        (tmp_path / "elsewhere").write_text(whole)
        file.symlink_to(tmp_path / "elsewhere")
    elif change == "folder":
        file.mkdir()
    elif change == "pipe":
        os.mkfifo(file)
    else:
        file.write_text(change if isinstance(change, str) else json.dumps(json.loads(whole) | change))
    with pytest.raises(BundleError):
        open_bundle(signed.folder, trusted)


def test_trusted_keys_are_those_given_else_those_of_the_environment(key, trusted, monkeypatch) -> None:
    """The variable counts where nothing is given; where it is unset nobody is asked for."""
    public = key.with_name("key.pem.pub")
    monkeypatch.delenv(TRUSTED_KEYS, raising=False)
    assert trusted_keys() == ()
    assert trusted_keys([public]) == trusted
    monkeypatch.setenv(TRUSTED_KEYS, f"{public}{os.pathsep}{public}")
    assert trusted_keys() == trusted * 2
    monkeypatch.setenv(TRUSTED_KEYS, str(public.with_name("none")))
    with pytest.raises(ConfigError):
        trusted_keys()


def test_opening_a_model_that_nobody_vouches_for_needs_no_cryptography() -> None:
    """What scoring loads stays light: the library comes when a key does."""
    import subprocess
    import sys

    heavy = "{'cryptography', 'sqlglot'}"
    program = f"import sys, eriq.model.bundle, eriq.scoring.batch; print(sorted({heavy} & set(sys.modules)))"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout == "[]\n"
