"""Text of boosted trees that would end the process that reads it: another process ends, and ours says so."""

import os
import stat
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.model.test_bundle import models, reseal, save  # noqa: F401 - fixtures

from eriq.errors import BundleError
from eriq.model import tried
from eriq.model.bundle import open_bundle
from eriq.model.manifest import MANIFEST
from eriq.model.signature import new_key, private_key, read_keys, sign

TEXT = "model.booster.txt"


@pytest.fixture(autouse=True)
def forgetful(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Begin without memory, with a cache of one's own; return its folder."""
    monkeypatch.setattr(tried, "_known", set())
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "eriq" / "tried"


@pytest.fixture
def tries(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Count the processes that are started, and how long each takes."""
    taken: list[float] = []
    real = subprocess.run

    def counted(*given: Any, **more: Any) -> Any:
        begin = time.perf_counter()
        try:
            return real(*given, **more)
        finally:
            taken.append(time.perf_counter() - begin)

    monkeypatch.setattr(tried.subprocess, "run", counted)
    return taken


def crafted(folder: Path, field: str, change: Callable[[str], str]) -> None:
    """Change the first line of a field in the trees of a model, and make the manifest fit."""
    lines = (folder / TEXT).read_text().split("\n")
    place = next(k for k, line in enumerate(lines) if line.startswith(f"{field}="))
    lines[place] = f"{field}={change(lines[place].removeprefix(f'{field}='))}"
    (folder / TEXT).write_text("\n".join(lines))
    reseal(folder)


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("tree_sizes", lambda sizes: "99999999 " + sizes),  # a segmentation fault
        ("num_leaves", lambda number: number + "0000000"),  # LightGBM ends the process itself
        ("left_child", lambda children: " ".join(["0", *children.split()[1:]])),  # a tree without end
    ],
    ids=["sizes", "leaves", "circle"],
)
def test_a_crafted_text_ends_another_process_and_not_ours(save, field, change, tries, monkeypatch) -> None:  # noqa: F811
    """Three texts that end or hold up the process that reads them: BundleError, within the limit of time."""
    monkeypatch.setattr(tried, "SECONDS", 10)
    folder = save("lightgbm").folder
    crafted(folder, field, change)
    with pytest.raises(BundleError, match="not a LightGBM model"):
        open_bundle(folder)
    assert len(tries) == 1
    assert tries[0] < 4 * tried.SECONDS
    with pytest.raises(BundleError):  # what did not end well is not remembered
        open_bundle(folder)


def test_memory_has_a_limit(save, monkeypatch) -> None:  # noqa: F811
    """With room for less than LightGBM itself takes, the other process ends and ours says so."""
    folder = save("lightgbm").folder
    monkeypatch.setattr(tried, "_known", set())
    monkeypatch.setenv("XDG_CACHE_HOME", "/dev/null")
    monkeypatch.setattr(tried, "BYTES", 100_000_000)
    with pytest.raises(BundleError, match="did not end well"):
        open_bundle(folder)


def test_a_text_is_tried_once_per_machine(save, tries, forgetful, monkeypatch) -> None:  # noqa: F811
    """Saved here: never. Met elsewhere: once, then it is remembered by this process, and by the next one."""
    folder = save("lightgbm").folder
    assert tries == []
    for file in forgetful.iterdir():
        file.unlink()
    monkeypatch.setattr(tried, "_known", set())
    open_bundle(folder)
    open_bundle(folder)
    assert len(tries) == 1
    monkeypatch.setattr(tried, "_known", set())
    open_bundle(folder)
    assert len(tries) == 1
    assert stat.S_IMODE(forgetful.stat().st_mode) & 0o077 == 0


@pytest.mark.parametrize("how", ["open to all", "a link"])
def test_a_memory_that_others_can_write_is_not_believed(save, tries, forgetful, tmp_path, monkeypatch, how) -> None:  # noqa: F811
    """Whoever could have put a mark there could have put it there for a crafted text."""
    folder = save("lightgbm").folder
    if how == "a link":
        forgetful.rename(tmp_path / "elsewhere")
        forgetful.symlink_to(tmp_path / "elsewhere")
    else:
        forgetful.chmod(0o777)
    monkeypatch.setattr(tried, "_known", set())
    open_bundle(folder)
    assert len(tries) == 1


def test_a_cache_that_cannot_be_made_is_no_error(save, tries, monkeypatch) -> None:  # noqa: F811
    """On a machine without a home the text is tried once per process."""
    monkeypatch.setenv("XDG_CACHE_HOME", os.devnull)
    folder = save("lightgbm").folder
    monkeypatch.setattr(tried, "_known", set())
    open_bundle(folder)
    open_bundle(folder)
    assert len(tries) == 1


def test_a_model_that_a_trusted_key_signed_is_not_tried(save, tries, forgetful, tmp_path, monkeypatch) -> None:  # noqa: F811
    """Who signs has opened it; nothing is started and nothing remembered."""
    folder = save("lightgbm").folder
    public, _ = new_key(tmp_path / "key.pem")
    sign(folder, (folder / MANIFEST).read_bytes(), private_key(tmp_path / "key.pem"))
    for file in forgetful.iterdir():
        file.unlink()
    monkeypatch.setattr(tried, "_known", set())
    open_bundle(folder, read_keys([public]))
    assert tries == []
    assert list(forgetful.iterdir()) == []


def test_a_model_without_trees_starts_no_process(save, tries, monkeypatch) -> None:  # noqa: F811
    """A regression costs nothing more."""
    folder = save("logistic").folder
    monkeypatch.setattr(tried, "_known", set())
    open_bundle(folder)
    assert tries == []


def test_a_module_in_the_current_folder_is_not_what_is_imported(save, tries, tmp_path, monkeypatch) -> None:  # noqa: F811
    """A lightgbm.py left where somebody works is no library of ours."""
    folder = save("lightgbm").folder
    (tmp_path / "lightgbm.py").write_text("import pathlib; pathlib.Path('sprung').touch()")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tried, "_known", set())
    for file in (tmp_path / "cache" / "eriq" / "tried").iterdir():
        file.unlink()
    open_bundle(folder)
    assert len(tries) == 1
    assert not (tmp_path / "sprung").exists()
