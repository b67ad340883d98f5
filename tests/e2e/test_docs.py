"""What is written is so."""

import importlib
import pkgutil
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

import eriq as package
from eriq import Run, __version__, errors
from tests.e2e import notebooks
from tests.e2e.conftest import ROOT, eriq


def test_every_command_has_help_with_an_example(tmp_path: Path) -> None:
    """`eriq --help` lists the commands; each one's help has an example."""
    listed = eriq("--help", cwd=tmp_path).stdout
    commands = re.findall(r"^  ([a-z]+) ", listed.split("Commands:")[1], flags=re.MULTILINE)

    assert {"check", "train", "score", "simulate", "ui", "demo", "instrument"} <= set(commands)
    for command in commands:
        if command not in ("decide", "evidence", "instrument", "key", "report"):  # groups
            assert f"Example: eriq {command}" in eriq(command, "--help", cwd=tmp_path).stdout, command


def test_help_lists_commands_in_whole_sentences(tmp_path: Path) -> None:
    """No sentence in the list of commands is cut, and each ends with a full stop."""
    listed = eriq("--help", cwd=tmp_path).stdout.split("Commands:")[1]
    sentences = re.split(r"^  [a-z]+ ", listed, flags=re.MULTILINE)[1:]

    assert "..." not in listed
    assert [sentence for sentence in sentences if not sentence.strip().endswith(".")] == []


def test_the_version_is_that_of_the_package(tmp_path: Path) -> None:
    """`eriq --version` names the program and the version, and nothing else."""
    assert eriq("--version", cwd=tmp_path).stdout == f"eriq {__version__}\n"


def test_a_user_of_the_package_is_never_told_to_make_something() -> None:
    """What the command line and the pages say works without a checkout: no `make`."""
    for file in [*(ROOT / "src").rglob("*.py"), *(ROOT / "src").rglob("*.html"), *(ROOT / "src").rglob("*.md")]:
        assert not re.search(r"\bmake (ui|demo|test|notebooks)\b", file.read_text(encoding="utf-8")), file.name


def test_absent_data_say_where_they_must_lie(tmp_path: Path) -> None:
    """Without the public data `eriq check jobs2` ends with 17, naming one file and its folder without ".."."""
    shutil.copytree(ROOT / "configs", tmp_path / "here" / "configs")
    for config in ("jobs2", "jobcorps"):
        done = eriq("check", f"configs/experiments/{config}.yaml", cwd=tmp_path / "here", code=17)

        assert f"{tmp_path.resolve()}/shared/data/{config}.csv" in done.stderr
        assert ".." not in done.stderr


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


def blocks(page: str, kind: str) -> list[str]:
    """Return the code blocks of a kind in a page."""
    return re.findall(
        rf"^```{kind}\n(.*?)^```", (ROOT / page).read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL
    )


def test_commands_in_pages_exist(tmp_path: Path) -> None:
    """Each `eriq ...` and each `make ...` in a page is a command or a target, and each option one of that command."""
    targets = set(re.findall(r"^([a-z.][\w./]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    pages = ["README.md", "CONTRIBUTING.md", *(f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md"))]
    lines = [
        line.split("#")[0].split() for page in pages for block in blocks(page, "sh") for line in block.splitlines()
    ]
    asked: dict[tuple[str, ...], set[str]] = {}
    for words in lines:
        if words[:1] == ["make"]:
            assert set(words[1:]) <= targets, words
        if words[:1] == ["eriq"]:
            name = tuple(
                words[1:3] if words[1] in ("decide", "evidence", "instrument", "key", "report") else words[1:2]
            )
            if words[1] == "dossier":
                name = ("dossier", "verify" if words[2] == "verify" else "make")
            asked.setdefault(name, set()).update(word for word in words if word.startswith("--"))
    assert len(asked) > 5
    for name, options in asked.items():
        told = eriq(*name, "--help", cwd=tmp_path).stdout

        assert not {option for option in options if option.split("=")[0] not in told}, name


def test_the_config_for_own_data_in_the_readme_passes_the_check(tmp_path: Path) -> None:
    """Ten lines at most; with a table of such columns `eriq check` takes it."""
    (config,) = blocks("README.md", "yaml")
    (tmp_path / "mine.yaml").write_text(config, encoding="utf-8")
    rows = [f"{k},{k % 3 // 2},{20 + k % 40},{k % 5}" for k in range(200)]
    (tmp_path / "mine.csv").write_text("\n".join(["id,worked,age,mood", *rows]), encoding="utf-8")

    assert len(config.splitlines()) <= 10
    assert "200 clients" in eriq("check", "mine.yaml", cwd=tmp_path).stdout


def test_the_lines_of_python_in_the_readme_run(
    tiny: Run, tiny_config: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From top to bottom, with a smaller config in the place of `quick`."""
    (code,) = blocks("README.md", "python")
    (tmp_path / "tiny.yaml").write_text(tiny_config, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(package.__dict__, "train", lambda config: tiny)
    names: dict[str, object] = {}

    exec(compile(code.replace('"quick"', '"tiny.yaml"'), "README.md", "exec"), names)

    assert (tmp_path / "scores.csv").is_file()
    assert len(names["forecasts"]) == len(names["people"].answers)  # type: ignore[arg-type, attr-defined]


@pytest.mark.filterwarnings("ignore")  # of the notebook kernel, not ours
def test_notebooks_hold_what_they_give(tmp_path: Path) -> None:
    """Run in order in an empty folder, every notebook says what it holds; nothing in it names a machine."""
    for file, fresh in notebooks.executed(tmp_path):
        stored = nbformat.read(file, as_version=4)
        pairs = list(zip(notebooks.told(stored), notebooks.told(fresh), strict=True))
        changed = [new for old, new in pairs if not notebooks.same(old, new)]

        assert pairs
        assert changed == [], f"{file.name}: run `make notebooks`"
        assert not re.search(r"/(home|root|work|tmp|Users|usr)/", "".join(old for old, _ in pairs)), file.name


def test_the_last_notebook_draws_a_person_and_all_people() -> None:
    """A waterfall and a beeswarm by shap are stored as images."""
    notebook = nbformat.read(ROOT / "notebooks" / "03-explanations.ipynb", as_version=4)
    drawn = {
        word
        for cell in notebook.cells
        for word in ("waterfall", "beeswarm")
        if word in cell.source and any("image/png" in output.get("data", {}) for output in cell.get("outputs", []))
    }

    assert drawn == {"waterfall", "beeswarm"}


def test_nothing_is_defined_in_notebooks() -> None:
    """No notebook holds a function or a class."""
    for file in (ROOT / "notebooks").glob("*.ipynb"):
        notebook = nbformat.read(file, as_version=4)
        code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
        assert not re.search(r"^\s*(def|class) ", code, flags=re.MULTILINE), file.name
