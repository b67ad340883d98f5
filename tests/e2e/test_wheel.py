"""What somebody gets who installs the wheel and has no checkout.

An environment that is empty but for the wheel would need a network and minutes. Instead the wheel is unpacked into a
folder of its own, and a Python without site-packages (``-S``, ``-I``) is shown that folder first and the locked
packages after it. The editable eriq is left out: its ``.pth`` file is not read, and the folder it leaves there holds
configs only, which come after the wheel.
"""

import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from tests.e2e.conftest import ROOT


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from the checkout, without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (made,) = folder.glob("eriq-*.whl")
    return made


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Unpack the wheel as an installer does: it is pure Python."""
    folder = tmp_path_factory.mktemp("installed")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def eriq(installed: Path, *words: str, cwd: Path, code: int = 0) -> subprocess.CompletedProcess[str]:
    """Run the command of the wheel in `cwd`."""
    paths = [str(installed), sysconfig.get_paths()["purelib"], sysconfig.get_paths()["platlib"]]
    program = f"import sys; sys.path += {paths!r}; sys.argv[0] = 'eriq'; from eriq.cli import run; run()"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program, *words], cwd=cwd, capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done


def test_the_wheel_holds_every_config_template_and_word(wheel: Path) -> None:
    """Each file below configs/ and each file of the package that is not Python's own is in it, and nothing of tests."""
    held = set(zipfile.ZipFile(wheel).namelist())
    configs = {f"eriq/{file.relative_to(ROOT)}" for file in (ROOT / "configs").rglob("*.yaml")}
    package = {
        str(file.relative_to(ROOT / "src"))
        for file in (ROOT / "src" / "eriq").rglob("*")
        if file.is_file() and file.parent.name != "__pycache__"  # bytecode, and what numba compiled
    }

    assert "eriq/configs/scoring/monthly.yaml" in held
    assert {"eriq/configs/promotion.yaml", "eriq/py.typed", "eriq/features/words.yaml"} <= held
    assert configs | package <= held
    assert {name.split("/")[0].split("-")[0] for name in held} == {"eriq"}


def test_the_wheel_is_what_runs(installed: Path, tmp_path: Path) -> None:
    """The eriq that is imported is the unpacked one."""
    program = f"import sys; sys.path.insert(0, {str(installed)!r}); import eriq; print(eriq.__file__)"
    told = subprocess.run([sys.executable, "-I", "-S", "-c", program], cwd=tmp_path, capture_output=True, text=True)

    assert told.stdout.strip() == str(installed / "eriq" / "__init__.py")


def test_train_and_score_in_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    """`eriq train quick` saves a model and a report, and `eriq score` scores new people with it."""
    eriq(installed, "train", "quick", "--workers", "1", cwd=tmp_path)
    (model,) = (tmp_path / "models").glob("quick-*")
    eriq(installed, "simulate", "--out", "new", "--clients", "40", "--seed", "5", cwd=tmp_path)

    done = eriq(installed, "score", model.name, "new", "--out", "scores.csv", cwd=tmp_path, code=3)

    assert (tmp_path / "mlruns" / "reports" / "quick" / "report.html").is_file()
    scores, rejected = (pd.read_csv(tmp_path / name) for name in ("scores.csv", "scores.csv.rejected.csv"))
    assert len(scores) > 0
    assert len(scores) + len(rejected) == len(pd.read_csv(tmp_path / "new" / "answers.csv"))
    assert f"{len(scores):,} scored" in done.stdout


def test_a_scoring_config_by_its_plain_name(installed: Path, tmp_path: Path) -> None:
    """`eriq score monthly` is the shipped config; it asks the registry of this folder for its model."""
    (tmp_path / "outbox").mkdir()

    done = eriq(installed, "score", "monthly", cwd=tmp_path, code=22)

    assert "models:/eriq-demo@champion" in done.stderr


def test_public_data_are_looked_for_beside_the_folder_and_not_in_the_package(installed: Path, tmp_path: Path) -> None:
    """Without a checkout `eriq check jobs2` names the place where the file must lie, without ".."; exit code 17."""
    here = tmp_path / "here"
    here.mkdir()

    done = eriq(installed, "check", "jobs2", cwd=here, code=17)

    assert f"{tmp_path.resolve()}/shared/data/jobs2.csv" in done.stderr
    assert ".." not in done.stderr
