"""Which sink writes which kind of output; a new kind is one more line in `OUTPUTS`."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from eriq.config import DuckDbOutput, FileOutput, ObjectOutput, ScoringJob, SqlOutput, shown
from eriq.errors import OutputError
from eriq.scoring.manifest import Begun, Counts, FileManifest
from eriq.scoring.ranks import RankWish
from eriq.scoring.sinks.base import Places, Sink
from eriq.scoring.sinks.files import FileSink, file_places, outputs, refuse_known
from eriq.scoring.sinks.folder import SUFFIXES, beside, check_name, job_folder, read_begun, refuse_foreign
from eriq.scoring.sinks.leftovers import tidy_finished
from eriq.scoring.sinks.overlap import refuse_overlap
from eriq.tables.files import file_digest


class Output(Protocol):
    """Where a job's scores go, before model and input have been looked at."""

    out: Path  # of an object: bucket and key

    def look(self, *, resume: bool, overwrite: bool) -> Begun | None:
        """Return what an interrupted run that is to be continued began with.

        Raises
        ------
        OutputError
            When nothing can be written there, or something is there that may not be replaced.
        """
        ...

    def complete(self, job: str) -> tuple[Counts, Places] | None:
        """Return what this very job has left here, if it ended already."""
        ...

    def open(self, begun: Begun, *, resume: bool, overwrite: bool) -> Sink:
        """Return the sink, with what an interrupted run of the same job has stored."""
        ...


def output_of(job: ScoringJob) -> Output:
    """Return where the scores of a job go."""
    return OUTPUTS[job.sink.kind](job.sink, job)


class _Files(Output):
    def __init__(self, given: FileOutput, job: ScoringJob) -> None:
        self.out: Path = given.path
        self._job = job
        self.ranked = RankWish(job.ties, job.rank_moves, job.capacity) if job.rank else None

    def look(self, *, resume: bool, overwrite: bool) -> Begun | None:
        check_name(self.out)
        refuse_foreign(job_folder(self.out))
        refuse_overlap(self._job, outputs(self.out))
        tidy_finished(self.out)
        if not (overwrite or resume):
            refuse_known(self.out)
        return read_begun(self.out) if resume else None

    def complete(self, job: str) -> tuple[Counts, Places] | None:
        try:
            found = FileManifest.model_validate_json(beside(self.out, "manifest.json").read_bytes())
            if found.job != job or found.sha256[self.out.name] != file_digest(self.out):
                return None
        except (OSError, ValueError, KeyError):
            return None
        return found.counts, file_places(self.out)

    def open(self, begun: Begun, *, resume: bool, overwrite: bool) -> Sink:
        return FileSink(self.out, begun, resume=resume, overwrite=overwrite, ranked=self.ranked)


class _Objects(Output):
    """Objects in a store, made as files of this machine first."""

    def __init__(self, given: ObjectOutput, job: ScoringJob) -> None:
        from eriq.scoring.sinks import objects

        self._sinks, self._given, self._job = objects, given, job
        self._shown, self._files = shown(given.uri), _Files(objects.as_file(given), job)
        self.out = Path(self._shown.partition("://")[2])

    def look(self, *, resume: bool, overwrite: bool) -> Begun | None:
        here = self._files.out
        if here.suffix.lower() not in SUFFIXES:
            raise OutputError(f"{here.name}: eriq writes {' and '.join(SUFFIXES)}")
        if not here.parent.parent.is_dir():
            raise OutputError(f"there is no folder {here.parent.parent}, where chunks would wait (work)")
        refuse_overlap(self._job)
        self._store = self._sinks.store_of(self._given)
        if not (overwrite or resume):
            self._sinks.refuse_known_objects(self._store)
        tidy_finished(here)
        return read_begun(here) if resume else None

    def complete(self, job: str) -> tuple[Counts, Places] | None:
        found = self._sinks.finished(self._store)
        if found is not None and found.job == job:
            return found.counts, Places(self._shown, f"{self._shown}.rejected.csv")
        done = self._files.complete(job)  # it ended here, and not there
        return done and (done[0], self._sinks.put(self._store, self._files.out))

    def open(self, begun: Begun, *, resume: bool, overwrite: bool) -> Sink:
        found = None if overwrite else self._sinks.finished(self._store)
        if found is not None:
            raise OutputError(f"{self._shown} holds the scores of another job; give --overwrite to replace them")
        more = {"resume": resume, "overwrite": overwrite}
        return self._sinks.StoreSink(self._store, self._files.out, begun, ranked=self._files.ranked, **more)


class _Tables(Output):
    """A table of a database; what is in it is added to, never replaced."""

    def __init__(self, table: str, job: ScoringJob, opener: Callable[[str], Sink]) -> None:
        self.out, self._job, self._opener = Path(table), job, opener

    def look(self, *, resume: bool, overwrite: bool) -> Begun | None:  # noqa: ARG002 - of Output's own shape
        refuse_overlap(self._job)
        return None

    def complete(self, job: str) -> tuple[Counts, Places] | None:  # noqa: ARG002 - the same
        return None

    def open(self, begun: Begun, *, resume: bool, overwrite: bool) -> Sink:
        sink = self._opener(begun.job)
        if sink.completed() and not resume:
            if not overwrite:
                sink.close()
                raise OutputError(f"{self.out} has an interrupted run; give --resume or --overwrite")
            sink.forget()
        return sink


def _sql(given: SqlOutput, job: ScoringJob) -> Output:
    def sink(identity: str) -> Sink:
        from eriq.scoring.sinks.sql import SqlSink

        return SqlSink(given.url_env, given.table, job=identity)

    return _Tables(given.table, job, sink)


def _duckdb(given: DuckDbOutput, job: ScoringJob) -> Output:
    def sink(identity: str) -> Sink:
        from eriq.scoring.sinks.duckdb import DuckDbSink

        return DuckDbSink(given.file, given.table, job=identity)

    return _Tables(given.table, job, sink)


OUTPUTS: Mapping[str, Callable[..., Output]] = {"file": _Files, "sql": _sql, "duckdb": _duckdb, "object": _Objects}
