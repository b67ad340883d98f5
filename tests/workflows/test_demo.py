"""The page that the demo ends with: a link to every page that was made, and to nothing else."""

import re
from pathlib import Path

from eriq.workflows.demo import index


def test_every_page_that_was_made_is_linked(tmp_path: Path) -> None:
    """Files are linked as they are, of a folder of forms the first in English; what was not made is not named."""
    (tmp_path / "forms").mkdir()
    made = {"report": tmp_path / "runs" / "report.html", "forms": tmp_path / "forms", "ui": "eriq ui"}
    made["report"].parent.mkdir()
    for page in (made["report"], tmp_path / "forms" / "f-client-en.html", tmp_path / "forms" / "f-caseworker-en.html"):
        page.touch()

    page = index(made, tmp_path / "forms")

    links = re.findall(r'<dt><a href="([^"]+)"', page.read_text(encoding="utf-8"))
    assert links == ["../runs/report.html", "f-caseworker-en.html"]
    assert all((page.parent / link).is_file() for link in links)
