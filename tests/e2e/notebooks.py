"""Run the notebooks in order in an empty folder; `make notebooks` stores what they give, a test compares it."""

import math
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?")
NAME = re.compile(r"-\d{8}-[0-9a-f]{8}\b")  # of a model: its day and its digest


def executed(folder: Path) -> Iterator[tuple[Path, NotebookNode]]:
    """Yield each notebook after a run of all its cells, one after the other in `folder`."""
    for file in sorted(FOLDER.glob("*.ipynb")):
        notebook = nbformat.read(file, as_version=4)
        NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(folder)}}).execute()
        for cell in notebook.cells:
            cell.metadata.pop("execution", None)  # times of day
        notebook.metadata["language_info"] = {"name": "python"}  # and not the version of this machine
        yield file, notebook


def told(notebook: NotebookNode) -> list[str]:
    """Return what the cells of a notebook say in words, errors and warnings included, images left out."""
    texts = []
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            texts += [output["text"]] if "text" in output else []
            texts += [text for kind, text in sorted(output.get("data", {}).items()) if kind.startswith("text/")]
    return [NAME.sub("-day-digest", "".join(text)) for text in texts]


def same(stored: str, fresh: str) -> bool:
    """Return whether two texts differ at most in the last digits of their numbers, as between two processors.

    >>> same("AUC 0.849 of 12", "AUC 0.850 of 12"), same("AUC 0.849 of 12", "AUC 0.849 of 13")
    (True, False)
    """
    pairs = zip(NUMBER.findall(stored), NUMBER.findall(fresh), strict=False)
    close = all(a == b or ("." in a and math.isclose(float(a), float(b), abs_tol=0.0051)) for a, b in pairs)
    return close and re.sub(r"\s+", " ", NUMBER.sub("#", stored)) == re.sub(r"\s+", " ", NUMBER.sub("#", fresh))


def main() -> None:
    """Write every notebook anew with its outputs."""
    with tempfile.TemporaryDirectory() as folder:
        for file, notebook in executed(Path(folder)):
            nbformat.write(notebook, file)


if __name__ == "__main__":
    main()
