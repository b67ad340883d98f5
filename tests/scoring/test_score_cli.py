"""The command `eriq score`: exit codes, lines of progress, and nothing personal in them."""

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from eriq import cli
from eriq.model.bundle import Bundle

Backlog = Callable[..., pd.DataFrame]


@pytest.fixture
def eriq(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run the command line in this process; give exit code, output and errors."""

    def call(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["eriq", *map(str, words)])
        with pytest.raises(SystemExit) as end:
            cli.run()
        shown = capsys.readouterr()
        return int(end.value.code or 0), shown.out, shown.err

    return call


Eriq = Callable[..., tuple[int, str, str]]


@pytest.fixture
def given(tmp_path: Path, backlog: Backlog) -> Path:
    """Write a file of ten answered questionnaires."""
    backlog(10).to_csv(tmp_path / "given.csv", index=False)
    return tmp_path / "given.csv"


def test_all_scored_is_zero_and_some_set_aside_is_three(
    eriq: Eriq, small_bundle: Bundle, given: Path, tmp_path: Path
) -> None:
    """The exit code tells a scheduler whether somebody must look at the rows set aside."""
    out = tmp_path / "s.csv"
    code, said, _ = eriq("score", small_bundle.folder, given, "--out", out)
    assert code == 0
    assert f"10 rows read = 10 scored in {out} + 0 set aside in {out}.rejected.csv" in said
    frame = pd.read_csv(given, dtype="str")
    frame.loc[4, "cl01"] = "SECRET-77"
    frame.to_csv(given, index=False)
    code, said, told = eriq("score", small_bundle.folder, given, "--out", out, "--overwrite")
    assert code == 3
    assert "9 scored" in said
    assert "most often cl01:unreadable: 1" in said
    assert "SECRET-77" not in said + told


def test_a_line_per_chunk_in_json_holds_counts_only(
    eriq: Eriq, small_bundle: Bundle, given: Path, tmp_path: Path
) -> None:
    """Each line can be read by a machine; its values are counts."""
    config = tmp_path / "job.yaml"
    config.write_text(
        f"version: 1\nname: j\nmodel: {small_bundle.folder}\nsource: {{path: given.csv, kind: file}}\n"
        "sink: {kind: file, path: s.csv}\nchunk_rows: 4\n"
    )
    code, _, told = eriq("score", config, "--log", "json")
    assert code == 0
    lines = [json.loads(line) for line in told.splitlines()]
    assert [(line["chunk"], line["scored"], line["set_aside"]) for line in lines] == [(0, 4, 0), (1, 3, 0), (2, 3, 0)]
    assert all(isinstance(v, int) or v is None for line in lines for k, v in line.items() if k != "event")
    assert lines[-1]["read"] == 10


def test_text_lines_without_a_terminal(eriq: Eriq, small_bundle: Bundle, given: Path, tmp_path: Path) -> None:
    """Where no terminal listens there is one line per chunk."""
    _, _, told = eriq("score", small_bundle.folder, given, "--out", tmp_path / "s.parquet")
    assert told.startswith("chunk 0: 10 rows, 10 scored, 0 set aside, ")


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (["{model}", "{none}.csv", "--out", "{out}"], 17, "there is no file"),
        (["{model}", "{given}", "--out", "{out}.docx"], 16, "eriq writes .csv and .parquet"),
        (["{none}", "{given}", "--out", "{out}"], 13, "there is no model"),
        (["{model}", "{given}"], 2, "give INPUT and --out"),
        (["{none}.yaml"], 10, "there is no file"),
        (["{none}.yaml", "{given}"], 2, "says this itself: input"),
        (["{none}.yaml", "--reasons", "3"], 2, "says this itself: reasons"),
        (["{model}", "{given}", "--out", "{out}", "--encoding", "utf-88"], 17, "utf-88"),
    ],
)
def test_every_mistake_has_its_exit_code(
    eriq: Eriq, small_bundle: Bundle, given: Path, tmp_path: Path, words: list[str], code: int, text: str
) -> None:
    """One paragraph that says what is wrong, no traceback, nothing written."""
    names = {"model": small_bundle.folder, "given": given, "out": tmp_path / "s.csv", "none": tmp_path / "none"}
    ended, said, told = eriq("score", *(word.format(**names) for word in words))
    assert (ended, text in told) == (code, True), told
    assert "Traceback" not in said + told
    assert [p.name for p in tmp_path.iterdir()] == ["given.csv"]


def test_resume_from_the_command_line(
    eriq: Eriq, small_bundle: Bundle, given: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Interrupted with Ctrl-C: exit code 130, and the word to use; with it, the job ends."""
    from eriq.scoring.sinks.files import FileSink

    config = tmp_path / "job.yaml"
    config.write_text(
        f"version: 1\nname: j\nmodel: {small_bundle.folder}\nsource: {{path: given.csv, kind: file}}\n"
        "sink: {kind: file, path: s.csv}\nchunk_rows: 4\n"
    )
    real = FileSink.write

    def stopped(self: FileSink, index: int, scores: pd.DataFrame, rejected: pd.DataFrame) -> None:
        if index == 2:
            raise KeyboardInterrupt
        real(self, index, scores, rejected)

    with monkeypatch.context() as patch:
        patch.setattr(FileSink, "write", stopped)
        assert eriq("score", config, "--workers", 1)[0] == 130
    assert not (tmp_path / "s.csv").exists()
    code, _, told = eriq("score", config)
    assert (code, "--resume" in told) == (16, True)
    code, said, _ = eriq("score", config, "--resume")
    assert code == 0
    assert "continued after chunk 2" in said
    assert pd.read_csv(tmp_path / "s.csv")["row"].tolist() == list(range(1, 11))
