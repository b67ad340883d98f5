"""What `eriq purge` says of a log of decisions: it is found, and stays whole."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from eriq.decisions import chain
from eriq.workflows.purge import LOGS, purge


def test_a_log_is_listed_and_never_touched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Listed by its path with the reason, removed by nobody, whole afterwards; other files of such a name are not."""
    monkeypatch.chdir(tmp_path)
    key = Ed25519PrivateKey.generate()
    log = tmp_path / "2024" / "decisions.jsonl"
    log.parent.mkdir()
    chain.begin(log, key)
    (tmp_path / "git.head").write_text("ref: refs/heads/main")
    (tmp_path / "git").write_text("x")

    for yes in (False, True):
        said = purge(0, [tmp_path], yes=yes)
        assert "not removed, with --yes neither" in said
        assert LOGS in said
        assert str(log) in said
        assert "git" not in said.replace("decisions.jsonl", "").split(str(tmp_path))[-1]
    assert chain.verify(log, (key.public_key().public_bytes_raw(),)).head.entries == 0
    assert purge(1, [tmp_path]).startswith("nothing is kept")
