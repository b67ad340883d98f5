"""Reports of trainings that are done: found by name or folder, and two of them side by side."""

from pathlib import Path

from eriq.registry.tracking import HOME
from eriq.study.reporting.beside import beside_html, read_kept
from eriq.tables.files import finished_or_nothing


def place_of(named: str | Path) -> Path:
    """Return the folder of a report: a folder as it is given, else one below ``mlruns/reports``.

    >>> place_of("demo").as_posix()
    'mlruns/reports/demo'
    """
    given = Path(named)
    return given if (given / "facts.json").is_file() else HOME / "reports" / given


def compare(first: str | Path, second: str | Path, out: Path, *, overwrite: bool = False) -> Path:
    """Write two trainings side by side as one page that opens offline.

    Parameters
    ----------
    first, second : str or Path
        A report folder, the name of a config (its newest training), or ``name/time`` below ``mlruns/reports``.
    out : Path
        The page.
    overwrite : bool
        Replace a page that is there.

    Raises
    ------
    SourceError
        When there is no report in one of the folders.
    OutputError
        When `out` is there already, or cannot be written.
    """
    html = beside_html(*(read_kept(place_of(named)) for named in (first, second)))
    with finished_or_nothing(out, overwrite=overwrite) as draft:
        draft.write_text(html, encoding="utf-8")
    return out
