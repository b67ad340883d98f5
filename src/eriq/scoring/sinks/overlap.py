"""An output that is its own input is refused, before anything is opened."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from eriq.config import FileInput, ObjectInput, ObjectOutput, ScoringJob, Tables, shown
from eriq.errors import OutputError, SourceError
from eriq.tables.folders import find_table
from eriq.tables.intake import TABLES

ENDINGS = ("", "_rejected", "_runs", "_journal")  # of the tables a sink writes


def refuse_overlap(job: ScoringJob, written: Iterable[Path] = ()) -> None:
    """Raise OutputError when a job would write where it reads.

    Parameters
    ----------
    job : ScoringJob
    written : iterable of Path
        The files it would write.
    """
    source, sink = job.source, job.sink
    try:
        for file in written:
            for given in _read(job):
                if _same(file, given):
                    raise OutputError(f"{file} is the input itself; give another name for the scores")
                if given.is_dir() and given.resolve() in file.resolve().parents:
                    raise OutputError(
                        f"{file} lies within the input {given.name}, and would be read as answers next time"
                    )
    except (OSError, RuntimeError, ValueError) as why:  # a link that points at itself, a name too long or with a NUL
        raise SourceError(f"the input cannot be looked for ({type(why).__name__}): is its name as meant?") from None
    if isinstance(source, ObjectInput) and isinstance(sink, ObjectOutput):
        read, made = (shown(part.uri).rstrip("/") for part in (source, sink))
        if f"{made}/".startswith(f"{read}/"):
            raise OutputError(f"{made} is the input itself or lies within it; give another name for the scores")
    if (
        isinstance(source, FileInput | Tables | ObjectInput)
        or sink.kind in ("file", "object")
        or source.kind != sink.kind
        or source.table is None
    ):
        return
    if source.kind == "duckdb":
        there = shares_file(job)
    else:
        there = getattr(source, "url_env", 0) == getattr(sink, "url_env", 1)
    if there and source.table.lower() in {f"{sink.table}{ending}".lower() for ending in ENDINGS}:
        raise OutputError(f"the table {source.table} is the input itself; give another name for the scores")


def shares_file(job: ScoringJob) -> bool:
    """Return whether a job reads from and writes to one DuckDB file."""
    source, sink = job.source, job.sink
    return source.kind == "duckdb" and sink.kind == "duckdb" and _same(source.file, sink.file)


def _read(job: ScoringJob) -> Iterator[Path]:
    """Yield the files and folders that a job reads; of a folder with tables, these alone."""
    if isinstance(job.source, Tables):
        for name in type(job.source).model_fields:
            if isinstance(file := getattr(job.source, name), Path):
                yield file
        return
    if not isinstance(job.source, FileInput):
        if (file := getattr(job.source, "file", None)) is not None:
            yield file
        return
    folder = job.source.folder
    tables = [file for name in ("answers", *TABLES) if folder and (file := find_table(folder, name))]
    yield from tables if any(file.stem.lower() == "answers" for file in tables) else [job.source.path]


def _same(one: Path, other: Path) -> bool:
    """Return whether two paths are one file, under whatever names."""
    if one.exists() and other.exists():
        return one.samefile(other)
    return one.resolve() == other.resolve()
