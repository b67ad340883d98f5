"""What is written is so."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

import eriq as package
from eriq import errors
from tests.e2e.conftest import ROOT, eriq


def test_every_command_has_help_with_an_example(tmp_path: Path) -> None:
    """`eriq --help` lists the commands; each one's help has an example."""
    listed = eriq("--help", cwd=tmp_path).stdout
    commands = re.findall(r"^  ([a-z]+) ", listed.split("Commands:")[1], flags=re.MULTILINE)

    assert {"check", "train", "score", "simulate", "ui", "demo", "instrument"} <= set(commands)
    for command in commands:
        if command != "instrument":
            assert f"Example: eriq {command}" in eriq(command, "--help", cwd=tmp_path).stdout, command


def causes(error: type[errors.EriqError] = errors.EriqError) -> Iterator[type[errors.EriqError]]:
    """Yield the error classes of all modules imported so far."""
    for cause in error.__subclasses__():
        if cause.__module__.startswith("eriq."):
            yield cause
        yield from causes(cause)


def test_exit_codes_are_documented() -> None:
    """The README's table has the exit code of every error in every module, of every other end, and no further one."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for module in pkgutil.walk_packages(package.__path__, "eriq."):
        importlib.import_module(module.name)
    codes = {cause.exit_code for cause in causes()} | {n for n in vars(errors).values() if isinstance(n, int)}
    codes |= {0, 2}  # done; mistyped, which is the library's own

    assert sorted(int(code) for code in re.findall(r"^\| (\d+) \|", readme, flags=re.MULTILINE)) == sorted(codes)


def test_config_names_in_the_readme_exist() -> None:
    """Each shipped experiment is in the README's table."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    names = [file.stem for file in (ROOT / "configs" / "experiments").glob("*.yaml")]

    assert not [name for name in names if f"`{name}`" not in readme]


@pytest.mark.xdist_group("home")
@pytest.mark.parametrize("name", ["01-questionnaire", "02-benchmark", "03-explanations"])
@pytest.mark.filterwarnings("ignore")  # of the notebook kernel, not ours
def test_notebooks_run(home: Path, name: str) -> None:
    """Each notebook runs from top to bottom on the results of a training, and is stored without output."""
    notebook = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4)

    assert not [cell for cell in notebook.cells if cell.get("outputs")]
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(home)}}).execute()


def test_nothing_is_defined_in_notebooks() -> None:
    """No notebook holds a function or a class."""
    for file in (ROOT / "notebooks").glob("*.ipynb"):
        notebook = nbformat.read(file, as_version=4)
        code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
        assert not re.search(r"^\s*(def|class) ", code, flags=re.MULTILINE), file.name
