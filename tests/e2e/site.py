"""What `mkdocs build` asks of us: navigation from the pages there are, samples that were made, nothing from afar."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "build" / "sample"  # what `make site` copies from a demo: a report, some sheets
NONE_YET = (
    "Nothing is here in this build. After `make demo` (everything once, on made-up people) the site is built with the "
    "report of that training and the sheets of some made-up clients, to click on."
)


def on_config(config: Any) -> Any:
    """Name the pages in order, and take out the one script that the offline search would fetch from elsewhere."""
    config.extra["polyfills"] = ["assets/offline-search.js"]
    config.nav = navigation(config.extra["sections"], pages(Path(config.docs_dir)))
    return config


def pages(folder: Path) -> list[str]:
    """Return the pages there are, with the one on samples that is made while building."""
    there = {file.relative_to(folder).with_suffix("").as_posix() for file in folder.rglob("*.md")}
    return sorted(there | {"sample/index"})


def navigation(sections: dict[str, Sequence[str]], there: Sequence[str]) -> list[dict[str, list[str]]]:
    """Return the sections with those of their pages that are there; what none names comes under the last.

    >>> navigation({"Start": ["README", "faq"], "More": []}, ["README", "new"])
    [{'Start': ['README.md']}, {'More': ['new.md']}]
    """
    named = {page for some in sections.values() for page in some}
    last = list(sections)[-1]
    chosen = {title: [page for page in some if page in there] for title, some in sections.items()}
    chosen[last] = [*chosen[last], *(page for page in there if page not in named)]
    return [{title: [f"{page}.md" for page in some]} for title, some in chosen.items() if some]


def on_files(files: Any, config: Any) -> Any:
    """Add the page on samples and the samples themselves, as they are."""
    from mkdocs.structure.files import File

    made = sorted(SAMPLE.rglob("*")) if SAMPLE.is_dir() else []
    samples = [file for file in made if file.is_file()]
    for file in samples:
        place = f"sample/{file.relative_to(SAMPLE).as_posix()}"
        files.append(File.generated(config, place, abs_src_path=str(file)))
    names = [file.relative_to(SAMPLE).as_posix() for file in samples if file.suffix in (".html", ".pdf")]
    files.append(File.generated(config, "sample/index.md", content=sample_page(names)))
    return files


def sample_page(names: Sequence[str]) -> str:
    """Return the page on samples: a link per page that was made, or how they are made.

    >>> sample_page(["report.html"]).splitlines()[-1]
    '- [report](report.html)'
    """
    lines = [f"- [{name.rpartition('.')[0].replace('-', ' ').replace('/', ': ')}]({name})" for name in names]
    first = "All of it is made up, and looks as yours would. Each page opens by itself." if lines else NONE_YET
    return "\n".join(["# Samples", "", first, "", *lines]).rstrip() + "\n"
