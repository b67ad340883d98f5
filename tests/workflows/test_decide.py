"""Decisions as a user logs them: a config, a key, entries from a file, from standard input and one by one."""

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml
from typer.testing import CliRunner

from eriq.cli import app
from eriq.errors import ChainError, ConfigError, OutputError, SchemaError
from eriq.model.signature import new_key
from eriq.workflows.decide import Asked, add, exposures, make_report, start, verify

NOTE = "SECRET-77 told me of the xyzzy"


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Asked:
    """Return a log that has begun, with forty scores to decide beside."""
    (tmp_path / "keys").mkdir()
    new_key(tmp_path / "keys" / "k.pem")
    monkeypatch.setenv("TEST_KEY", str(tmp_path / "keys" / "k.pem"))
    clients = [f"SECRET-{k}" for k in range(40)]
    pd.DataFrame({"client_id": clients, "answered_on": "2026-01-01", "model": "m"}).to_csv(
        tmp_path / "scores.csv", index=False
    )
    config = {
        "version": 1,
        "name": "centre",
        "log": "log/decisions.jsonl",
        "scores": ["scores.csv"],
        "decisions": {"offer": "support is offered", "talk": "a further talk"},
        "roles": {"caseworker": "caseworker", "client": "the client"},
        "reasons": {"news": "something new came up"},
        "key_env": "TEST_KEY",
        "trusted_keys": ["keys/k.pem.pub"],
    }
    (tmp_path / "decisions.yaml").write_text(yaml.safe_dump(config))
    found = Asked(tmp_path / "decisions.yaml")
    start(found)
    return found


def decided(n: int = 40, departed: int = 12) -> pd.DataFrame:
    """Return a decision beside each of the first scores."""
    return pd.DataFrame(
        {
            "client_id": [f"SECRET-{k}" for k in range(n)],
            "answered_on": "2026-01-01",
            "happened_on": "2026-01-05",
            "by": "caseworker",
            "decision": "offer",
            "beside_score": ["departed"] * min(departed, n) + ["followed"] * (n - min(departed, n)),
            "reason": ["news"] * min(departed, n) + [None] * (n - min(departed, n)),
            "note": NOTE,
            "belief_recorded_on": "2026-01-04",
            "score_shown_on": ["2026-01-03"] * 6 + ["2026-01-04"] * (n - 6) if n > 6 else "2026-01-03",
        },
        dtype="str",
    )


def test_a_batch_goes_in_and_a_report_comes_out(asked: Asked, tmp_path: Path) -> None:
    """Shares, reasons and what happened later are told; no note, no client; late beliefs are marked for training."""
    decided().to_csv(tmp_path / "in.csv", index=False)
    said = add(asked, tmp_path / "in.csv")
    assert "40 added" in said
    assert "6 with a belief recorded after a score" in said
    outcomes = decided()[["client_id", "answered_on"]].assign(outcome=["1"] * 20 + ["0"] * 20)
    outcomes.to_csv(tmp_path / "later.csv", index=False)
    page = make_report(asked, tmp_path / "out", tmp_path / "later.csv")
    text = page.read_text(encoding="utf-8")
    assert "30.0\xa0%" in text
    assert "something new came up" in text
    assert "For 6 people a belief was recorded after a score was shown" in text
    written = b"".join(path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file())
    assert b"SECRET" not in written
    assert b"xyzzy" not in written
    with pytest.raises(OutputError):
        make_report(asked, tmp_path / "out")
    exposures(asked, tmp_path / "e.csv")
    table = pd.read_csv(tmp_path / "e.csv", parse_dates=["belief_recorded_on", "score_shown_on"])
    assert int((table["belief_recorded_on"] > table["score_shown_on"]).sum()) == 6
    assert f"{(tmp_path / 'e.csv').stat().st_mode & 0o777:o}" == "600"


def test_a_log_that_is_not_whole_is_not_reported(asked: Asked, tmp_path: Path) -> None:
    """Nor added to; the error has exit code 26 and no value."""
    head = add(asked, decided(5)).split("head ")[1].split()[0]
    verify(asked, head)
    log = tmp_path / "log" / "decisions.jsonl"
    log.write_bytes(log.read_bytes().replace(b'"talk"', b'"offer"').replace(b'"departed"', b'"followed"', 1))
    for act in (lambda: verify(asked), lambda: make_report(asked, tmp_path / "out"), lambda: add(asked, decided(9))):
        with pytest.raises(ChainError) as why:
            act()
        assert "SECRET" not in str(why.value)
        assert why.value.exit_code == 26
    assert not (tmp_path / "out").exists()


def test_one_row_with_a_mistake_keeps_all_out(asked: Asked) -> None:
    """All rows of a file or none."""
    wrong = decided().assign(client_id=[*decided()["client_id"][:-1], "nobody"])
    with pytest.raises(SchemaError, match=r"no score of this client and day in the score files in 1 row\(s\): 40"):
        add(asked, wrong)
    assert "0 entries" in verify(asked)


def test_a_key_that_nobody_trusts_does_not_sign(asked: Asked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor does one that lies beside the log."""
    new_key(tmp_path / "other.pem")
    monkeypatch.setenv("TEST_KEY", str(tmp_path / "other.pem"))
    with pytest.raises(ConfigError, match="not among the trusted"):
        add(asked, decided(5))
    new_key(tmp_path / "log" / "k.pem")
    monkeypatch.setenv("TEST_KEY", str(tmp_path / "log" / "k.pem"))
    with pytest.raises(ConfigError, match="keep it elsewhere"):
        add(asked, decided(5))


def test_a_single_decision_is_asked_for(asked: Asked) -> None:
    """Ids are typed at a prompt, never on the command line; an objection and a decision from standard input go in."""
    cells = ["", "SECRET-1", "2026-01-01", "2026-01-05", "caseworker", "offer", "followed", "", "", "", ""]
    done = CliRunner().invoke(app, ["decide", "add", "--config", str(asked.config)], input="\n".join(cells) + "\n")
    assert done.exit_code == 0, done.output
    csv = "event,client_id,answered_on,happened_on,by,reason\nobjection,SECRET-1,2026-01-01,2026-01-06,client,news\n"
    done = CliRunner().invoke(app, ["decide", "add", "-", "--config", str(asked.config)], input=csv)
    assert done.exit_code == 0, done.output
    assert "2 entries" in verify(asked)


def test_a_killed_writer_loses_nothing(asked: Asked, tmp_path: Path) -> None:
    """Killed outright between promise and log, the next command finds the log whole."""
    decided(9).to_csv(tmp_path / "in.csv", index=False)
    program = (
        "import os, signal, sys\nfrom pathlib import Path\nfrom eriq.decisions import chain\n"
        "from eriq.workflows.decide import Asked, add\n"
        "chain._write = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "add(Asked(Path(sys.argv[1])), Path(sys.argv[2]))"
    )
    words = [sys.executable, "-c", program, str(asked.config), str(tmp_path / "in.csv")]
    assert subprocess.run(words, env=dict(os.environ), check=False, capture_output=True).returncode == -9
    assert "9 entries" in verify(asked)
    assert "interrupted" in verify(asked)
    add(asked, decided(10).tail(1))
    assert "10 entries" in verify(asked)
    assert "interrupted" not in verify(asked)
