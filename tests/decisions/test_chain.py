"""The log of decisions: whatever is done to it by hand is found, and an interrupted entry is finished."""

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from eriq.decisions import chain
from eriq.errors import BusyError, ChainError, ConfigError, OutputError

KEY, OTHER = (Ed25519PrivateKey.from_private_bytes(bytes([k]) * 32) for k in (1, 2))
TRUSTED = (KEY.public_key().public_bytes_raw(),)
ENTRIES = [{"client_id": f"SECRET-{k}", "decision": "offer"} for k in range(5)]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Return a log of five entries, added in two goes."""
    file = tmp_path / "log.jsonl"
    chain.begin(file, KEY)
    chain.append(file, ENTRIES[:3], KEY, TRUSTED)
    chain.append(file, ENTRIES[3:], KEY, TRUSTED)
    return file


def lines(file: Path) -> list[bytes]:
    """Return the lines of a log."""
    return file.read_bytes().splitlines(keepends=True)


def rebuilt(file: Path, entries: list[dict[str, str]]) -> str:
    """Build a log anew that holds together, and return the digest of its last line."""
    told, before = lines(file), ""
    whole = [told[0]]
    for place, entry in enumerate(entries, 1):
        before = hashlib.sha256(whole[-1]).hexdigest()
        whole.append(chain._line(entry, place, before, "2026-01-01T00:00:00Z"))
    file.write_bytes(b"".join(whole))
    return hashlib.sha256(whole[-1]).hexdigest()


def test_a_log_is_whole_and_gives_its_entries_back(log: Path) -> None:
    """Log and head are readable by their owner alone; what was added is there, in order."""
    found = chain.verify(log, TRUSTED)
    assert list(found.entries) == ENTRIES
    assert found.head.entries == 5
    assert not found.unfinished
    assert {f"{path.stat().st_mode & 0o777:o}" for path in log.parent.iterdir()} == {"600"}


@pytest.mark.parametrize("place", range(6))
@pytest.mark.parametrize("how", ["changed", "removed", "added", "repeated", "swapped"])
def test_a_line_touched_anywhere_is_found(log: Path, how: str, place: int) -> None:
    """Changed, removed, added, repeated or swapped, at the first line, between, or at the last; no value is told."""
    told = lines(log)
    if how == "changed":
        told[place] = told[place].replace(b"offer", b"talks").replace(b'"log":"', b'"log":"0')
    elif how == "removed":
        del told[place]
    elif how == "added":
        before = hashlib.sha256(told[place]).hexdigest()
        told.insert(place + 1, chain._line({"decision": "talk"}, place + 1, before))
    elif how == "repeated":
        told.insert(place, told[place])
    else:
        told[place], told[place - 1] = told[place - 1], told[place]
    log.write_bytes(b"".join(told))
    with pytest.raises(ChainError) as why:
        chain.verify(log, TRUSTED)
    assert "SECRET" not in str(why.value)
    with pytest.raises(ChainError):
        chain.append(log, ENTRIES[:1], KEY, TRUSTED)


def test_a_chain_built_anew_is_found(log: Path) -> None:
    """With the old head, with a head without a valid signature, and with one by another key."""
    head = json.loads(chain.head_of(log).read_text())
    last = rebuilt(log, [*ENTRIES[:4], {"client_id": "x", "decision": "talk"}])
    with pytest.raises(ChainError, match="built anew"):
        chain.verify(log, TRUSTED)
    chain.head_of(log).write_text(json.dumps({**head, "sha256": last}))
    with pytest.raises(ChainError, match="not signed by a trusted key"):
        chain.verify(log, TRUSTED)
    forged = chain.Head(head["log"], 5, last).signed(OTHER)
    chain.head_of(log).write_text(json.dumps(asdict(forged)))
    with pytest.raises(ChainError, match="not signed by a trusted key"):
        chain.verify(log, TRUSTED)


def test_the_head_of_another_log_does_not_pass(log: Path, tmp_path: Path) -> None:
    """A log put in the place of another, with its own head, is told from it by a head that was kept."""
    kept, other = str(chain.verify(log, TRUSTED).head), tmp_path / "other.jsonl"
    chain.begin(other, KEY)
    chain.append(other, ENTRIES, KEY, TRUSTED)
    shutil.copy(chain.head_of(other), chain.head_of(log))
    with pytest.raises(ChainError):
        chain.verify(log, TRUSTED)
    shutil.copy(other, log)
    chain.verify(log, TRUSTED)
    with pytest.raises(ChainError, match="built anew"):
        chain.verify(log, TRUSTED, kept)


def test_an_older_signed_state_is_found_by_a_head_kept_elsewhere(log: Path, tmp_path: Path) -> None:
    """Put back whole, with its own head, it passes: the kept head finds it, and passes once the log has grown."""
    before = [(place, place.read_bytes()) for place in (log, chain.head_of(log))]
    old = str(chain.verify(log, TRUSTED).head)
    kept = str(chain.append(log, ENTRIES[:1], KEY, TRUSTED))
    chain.verify(log, TRUSTED, kept)
    chain.verify(log, TRUSTED, old)
    for place, content in before:
        place.write_bytes(content)
    chain.verify(log, TRUSTED)
    with pytest.raises(ChainError, match="older state"):
        chain.verify(log, TRUSTED, kept)
    with pytest.raises(ConfigError, match="as it was printed"):
        chain.verify(log, TRUSTED, "5")


def test_the_key_holder_who_builds_anew_is_found_by_a_kept_head(log: Path) -> None:
    """Whoever has the key can sign anything; a head printed before stays what it was."""
    kept = str(chain.verify(log, TRUSTED).head)
    last = rebuilt(log, [*ENTRIES[:4], {"client_id": "x"}])
    head = json.loads(chain.head_of(log).read_text())
    chain.head_of(log).write_text(json.dumps(asdict(chain.Head(head["log"], 5, last).signed(KEY))))
    chain.verify(log, TRUSTED)
    with pytest.raises(ChainError, match="entry 5 is not the one"):
        chain.verify(log, TRUSTED, kept)


@pytest.mark.parametrize("stage", ["promised", "half a line", "all lines", "head", "done"])
def test_an_interrupted_entry_is_finished_by_the_next(log: Path, monkeypatch: pytest.MonkeyPatch, stage: str) -> None:
    """Killed at any point after the promise, nothing is lost and nothing is there twice."""
    old, content = chain.head_of(log).read_bytes(), log.read_bytes()

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(chain, "_write", killed)
        with pytest.raises(KeyboardInterrupt):
            chain.append(log, ENTRIES[:2], KEY, TRUSTED)
    promised = json.loads(chain.pending_of(log).read_text())
    if stage != "promised":
        written = promised["lines"].encode()
        log.write_bytes(content + (written[:40] if stage == "half a line" else written))
    if stage in ("head", "done"):
        chain.head_of(log).write_text(json.dumps(promised["head"]))
    assert (chain.head_of(log).read_bytes() == old) == (stage not in ("head", "done"))
    if stage == "done":
        chain.pending_of(log).unlink()
    found = chain.verify(log, TRUSTED)
    assert found.head.entries == 7
    chain.append(log, ENTRIES[2:3], KEY, TRUSTED)
    assert list(chain.verify(log, TRUSTED).entries) == [*ENTRIES, *ENTRIES[:3]]
    assert not chain.pending_of(log).exists()


def test_a_promise_does_not_let_other_lines_in(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands after the head and is not what was promised is found."""
    with monkeypatch.context() as patch:
        patch.setattr(chain, "_write", lambda *_: None)
        chain.append(log, ENTRIES[:2], KEY, TRUSTED)
    log.write_bytes(log.read_bytes() + b'{"n":6}\n')
    with pytest.raises(ChainError, match="about to be added"):
        chain.verify(log, TRUSTED)


def test_two_writers_do_not_meet(log: Path) -> None:
    """While one writes, another is turned away at once."""
    with chain._locked(log), pytest.raises(BusyError):
        chain.append(log, ENTRIES, KEY, TRUSTED)
    assert chain.verify(log, TRUSTED).head.entries == 5


@pytest.mark.parametrize(
    "harm",
    [
        lambda log: log.unlink(),
        lambda log: chain.head_of(log).unlink(),
        lambda log: chain.head_of(log).write_text("[]"),
        lambda log: chain.head_of(log).write_text("{"),
        lambda log: chain.head_of(log).write_text('{"log": 1}'),
        lambda log: log.write_bytes(b""),
        lambda log: log.write_bytes(b"\xff" + log.read_bytes()),
        lambda log: log.write_bytes(log.read_bytes()[:-1]),
    ],
)
def test_a_log_that_is_not_one_is_a_named_error(log: Path, harm: Callable[[Path], object]) -> None:
    """Gone, empty, without a head, or cut within its last line."""
    harm(log)
    with pytest.raises(ChainError):
        chain.verify(log, TRUSTED)


def test_a_log_is_never_begun_in_the_place_of_another(log: Path) -> None:
    """Also where only its head is left: who removes a log cannot begin it anew without a word."""
    with pytest.raises(OutputError):
        chain.begin(log, KEY)
    log.unlink()
    with pytest.raises(OutputError):
        chain.begin(log, KEY)


def test_what_is_missing_or_too_much_at_the_end_is_counted(log: Path) -> None:
    """Two lines removed, or one added that follows from the last: the error says how many, and where the head ends."""
    told = lines(log)
    log.write_bytes(b"".join(told[:-2]))
    with pytest.raises(ChainError, match="ends after entry 3, and its head was signed over 5"):
        chain.verify(log, TRUSTED)
    added = chain._line(ENTRIES[0], 6, hashlib.sha256(told[-1]).hexdigest())
    log.write_bytes(b"".join([*told, added]))
    with pytest.raises(ChainError, match=r"1 line\(s\) stand after entry 5"):
        chain.verify(log, TRUSTED)
