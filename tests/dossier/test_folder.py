"""A dossier as it is written and verified: whatever is changed by hand is found."""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from eriq.dossier.folder import verify_dossier, write_dossier
from eriq.dossier.run import Run, copy_evidence, find_run
from eriq.errors import ChainError
from tests.dossier.conftest import MODEL, REPORT

KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
TRUSTED = (KEY.public_key().public_bytes_raw(),)


@pytest.fixture(scope="module")
def written(kept: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a signed dossier of the made-up run, with one answer."""
    out = tmp_path_factory.mktemp("dossier")
    run = Run(kept / REPORT, kept / "models" / MODEL)
    copy_evidence(run, out / "evidence")
    write_dossier(out, run, {"ethics": "approved <in> 2025"}, KEY)
    return out


@pytest.fixture
def folder(report: Path, written: Path, tmp_path: Path) -> Path:
    """Return a copy of it, beside the run."""
    return Path(shutil.copytree(written, tmp_path / "dossier"))


def changed(file: Path, old: str, new: str) -> None:
    """Change a file once, and fail where it does not hold the text."""
    text = file.read_text(encoding="utf-8")
    assert old in text, file
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def resealed(folder: Path) -> None:
    """Bring the digests in numbers.json up to the files, as somebody would who knows how it is made."""
    told = json.loads((folder / "numbers.json").read_text())
    told["files"] = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in told["files"]}
    (folder / "numbers.json").write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n")


def test_a_dossier_is_whole_and_says_where_each_number_comes_from(folder: Path) -> None:
    """Verified with the run and with the key; the same bytes are made again; answers are escaped."""
    count = verify_dossier(folder, find_run("demo"), TRUSTED)
    told = json.loads((folder / "numbers.json").read_text())["told"]
    assert count == len(told) > 100
    page = (folder / "dossier.html").read_text(encoding="utf-8")
    assert page.count('class="told"') == count
    assert "approved &lt;in&gt; 2025" in page
    assert "<script" not in page
    digests = {one["file"]: one["sha256"] for one in told}
    for file, sha256 in digests.items():
        assert hashlib.sha256((folder / "evidence" / file).read_bytes()).hexdigest() == sha256


TAMPERED: dict[str, Callable[[Path], object]] = {
    "a number on the page": lambda f: changed(f / "dossier.html", ">12,512<", ">12,513<"),
    "a number in Markdown": lambda f: changed(f / "dossier.md", ">12,512<", ">12,513<"),
    "a digest on the page": lambda f: changed(f / "dossier.html", 'data-sha256="', 'data-sha256="0'),
    "a word without a digest": lambda f: changed(f / "dossier.html", "claims no compliance", "claims compliance"),
    "a state": lambda f: changed(f / "dossier.html", ">open<", ">filled<"),
    "an answer": lambda f: changed(f / "answers.json", "approved", "waived"),
    "a cell of a table": lambda f: changed(f / "evidence" / "tables" / "measures.csv", "0.", "1."),
    "a fact": lambda f: changed(f / "evidence" / "facts.json", '"n_rows": 12512', '"n_rows": 12513'),
    "the model card": lambda f: changed(f / "evidence" / "model-card.md", "Model", "Great model"),
    "a table that nobody cites": lambda f: changed(f / "evidence" / "tables" / "agreement.csv", "0.", "1."),
    "a file removed": lambda f: (f / "evidence" / "tables" / "agreement.csv").unlink(),
    "a file added": lambda f: (f / "evidence" / "tables" / "better.csv").write_text("x\n1\n"),
    "numbers.json removed": lambda f: (f / "numbers.json").unlink(),
    "numbers.json broken": lambda f: (f / "numbers.json").write_text("[]"),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_whatever_is_changed_by_hand_is_found(folder: Path, what: str) -> None:
    """Without key and without the run."""
    TAMPERED[what](folder)
    with pytest.raises(ChainError):
        verify_dossier(folder)


@pytest.mark.parametrize("what", ["a number on the page", "a word without a digest", "a state", "an answer", "a fact"])
def test_who_mends_the_digests_as_well_is_found(folder: Path, what: str) -> None:
    """Pages are made again from the evidence: words, states and answers too."""
    TAMPERED[what](folder)
    resealed(folder)
    with pytest.raises(ChainError):
        verify_dossier(folder)


def test_a_dossier_made_of_changed_evidence_is_found_by_the_run_and_by_the_key(folder: Path, tmp_path: Path) -> None:
    """It holds together, so only what lies elsewhere tells: the run itself, or who signed."""
    run = find_run("demo")
    changed(folder / "evidence" / "facts.json", '"n_rows": 12512', '"n_rows": 99999')
    write_dossier(folder, run, {}, Ed25519PrivateKey.from_private_bytes(b"o" * 32))
    assert verify_dossier(folder)
    with pytest.raises(ChainError, match="not the file of the run"):
        verify_dossier(folder, run)
    with pytest.raises(ChainError, match="not signed by a trusted key"):
        verify_dossier(folder, None, TRUSTED)
    (folder / "numbers.json.sig").unlink()
    with pytest.raises(ChainError, match="is gone"):
        verify_dossier(folder, None, TRUSTED)
