"""The digest of our own source: what changes it, and what does not."""

from pathlib import Path

import pytest

from eriq.source import source_digest


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """Write a package of two files in two folders."""
    (tmp_path / "one" / "room").mkdir(parents=True)
    (tmp_path / "one" / "a.py").write_bytes(b"1\n2\n")
    (tmp_path / "one" / "room" / "b.yaml").write_bytes(b"x: 1\n")
    return tmp_path / "one"


def test_every_byte_and_every_name_counts(package: Path) -> None:
    """One letter more, a file under another name and a file more each give another digest."""
    digests = [source_digest.__wrapped__(package)]
    (package / "a.py").write_bytes(b"1\n3\n")
    digests.append(source_digest.__wrapped__(package))
    (package / "room" / "b.yaml").rename(package / "room" / "c.yaml")
    digests.append(source_digest.__wrapped__(package))
    (package / "empty.py").touch()
    digests.append(source_digest.__wrapped__(package))

    assert len(set(digests)) == 4


def test_place_line_ends_caches_and_shipped_configs_do_not(package: Path) -> None:
    """A checkout on Windows, compiled files and the configs that a wheel carries leave the digest as it is."""
    before = source_digest.__wrapped__(package)
    (package / "a.py").write_bytes(b"1\r\n2\r\n")
    (package / "__pycache__").mkdir()
    (package / "__pycache__" / "a.pyc").write_bytes(b"compiled")
    (package / "configs").mkdir()
    (package / "configs" / "quick.yaml").write_bytes(b"version: 1\n")

    assert before == source_digest.__wrapped__(package.rename(package.with_name("other")))
