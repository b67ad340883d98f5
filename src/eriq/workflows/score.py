"""Score a batch: files or databases in, files or databases out; complete, or to be continued."""

import datetime as dt
import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from eriq import __version__
from eriq.config import Csv, FileInput, FileOutput, ScoringJob, TableName
from eriq.errors import BundleError, ConfigError, EriqError, InstrumentError, OutputError, ResumeError, SourceError
from eriq.features import register_columns
from eriq.instrument.texts import Language
from eriq.model.bundle import Bundle, open_bundle
from eriq.registry.models import load_model
from eriq.scoring.batch import Step, Tally, rank_run, run_job
from eriq.scoring.rows import Options, wanted_columns
from eriq.scoring.sinks.files import FileSink, beside, check_name, read_job
from eriq.scoring.sources.files import Chunk, Source, Wanted, open_files
from eriq.tables import schema
from eriq.tables.cohort import Registers
from eriq.tables.files import file_digest, read_table, write_table
from eriq.tables.intake import TABLES, check_registers

Report = Callable[[Step], None]


@dataclass(frozen=True, slots=True)
class Batch:
    """What became of the rows of a batch."""

    read: int
    scored: int
    rejected: int
    out: Path
    sentence: str


def rejects_path(out: Path) -> Path:
    """Return where the rows set aside go: beside the scores.

    >>> rejects_path(Path("scores.csv")).name
    'scores.csv.rejected.csv'
    """
    return beside(out, "rejected.csv")


def score(
    model: str, given: Path, out: Path, *, language: Language = "en", reasons: int = 5, overwrite: bool = False
) -> Batch:
    """Score every row of a file or folder; what cannot be scored is set aside with its reason.

    Raises
    ------
    EriqError
        By cause; then nothing stands under the final name.
    """
    job = job_of(model, given, out, language=language, reasons=reasons)
    return run(job, overwrite=overwrite)


def job_of(model: str, given: Path, out: Path, **more: Any) -> ScoringJob:
    """Return the job that the short form of the command means."""
    csv = more.pop("csv", Csv())
    return ScoringJob(
        version=1, name="score", model=model, source=FileInput(path=given, csv=csv), sink=FileOutput(path=out), **more
    )


def run(
    job: ScoringJob,
    *,
    resume: bool = False,
    overwrite: bool = False,
    workers: int | None = None,
    report: Report | None = None,
) -> Batch:
    """Run a scoring job to its end, or continue an interrupted one.

    Parameters
    ----------
    job : ScoringJob
    resume : bool
        Continue after the last stored chunk; begin if nothing is stored.
    overwrite : bool
        Replace an output that is there, and forget an interrupted run.
    workers : int, optional
        Chunks scored at a time; one per core by default.
    report : callable, optional
        Called after each chunk.

    Raises
    ------
    EriqError
        By cause. Chunks stored before stay for `resume`; nothing stands under the final name.
    """
    out = job.sink.path if isinstance(job.sink, FileOutput) else Path(job.sink.table)
    old = None
    if isinstance(job.sink, FileOutput):
        check_name(out)
        old = read_job(out) if resume else None
        if out.exists() and not (overwrite or resume):
            raise OutputError(f"{out} is there already; give --overwrite to replace it")
    bundle = _model(job.model, old)
    check_instrument(bundle, job.answers_to)
    begun = dt.date.fromisoformat(old["today"]) if old else dt.date.today()
    options = Options(job.language, job.reasons, job.shown, job.interval, job.today or begun, job.rank)
    source, registers, stamp = open_source(job, bundle)
    facts = {"model": bundle.name, "folder": str(bundle.folder.resolve()), "today": begun.isoformat()}
    identity = identity_of(job, bundle, stamp)
    if resume and not old and (done := _complete(out, identity, job)):
        return done
    sink = open_sink(job, identity, facts, resume=resume, overwrite=overwrite)
    try:
        tally = run_job(bundle, source, sink, options, registers, workers=workers or os.cpu_count() or 1, report=report)
        manifest = {
            **_about(job, bundle, options, stamp),
            "job": identity,
            "counts": {"read": tally.read, "scored": tally.scored, "set_aside": tally.set_aside},
        }
        if isinstance(sink, FileSink):
            _finish(sink, job, manifest)
        else:
            sink.finish(manifest)
    except BaseException:
        if isinstance(sink, FileSink):
            sink.discard()
        raise
    finally:
        for part in (source, sink):
            if hasattr(part, "close"):
                part.close()
    return Batch(tally.read, tally.scored, tally.set_aside, out, _sentence(tally, job, sink))


def _finish(sink: FileSink, job: ScoringJob, manifest: dict[str, Any]) -> None:
    if not job.rank:
        sink.finish(manifest)
        return
    ranking = rank_run(sink, job.ties, job.rank_moves, job.capacity)
    sink.finish({**manifest, "rank": ranking.rules}, ranking.columns)


def _sentence(tally: Tally, job: ScoringJob, sink: Any) -> str:
    after = f" (continued after chunk {tally.resumed_after})" if tally.resumed_after else ""
    if isinstance(job.sink, FileOutput):
        out = job.sink.path
        aside = f"{tally.set_aside:,} set aside in {rejects_path(out)}{_why(rejects_path(out))}"
        return f"{tally.read:,} rows read = {tally.scored:,} scored in {out} + {aside}{after}"
    table = job.sink.table
    known = f"; {sink.known:,} of them were there already" if getattr(sink, "known", 0) else ""
    return (
        f"{tally.read:,} rows read = {tally.scored:,} scored in table {table}{known} + {tally.set_aside:,} set aside "
        f"in {table}_rejected{after}"
    )


def _why(rejects: Path, shown: int = 3, looked_at: int = 200_000) -> str:
    """Return the most frequent reasons of rows set aside, counted over the first ones of a large file."""
    if not rejects.is_file():
        return ""
    codes = pd.read_csv(rejects, usecols=["code"], dtype="str", nrows=looked_at)["code"].str.split("; ").explode()
    most = codes.value_counts().head(shown)
    return f" (most often {', '.join(f'{code}: {count:,}' for code, count in most.items())})" if len(most) else ""


# --- what a job is -------------------------------------------------------------------------


def identity_of(job: ScoringJob, bundle: Bundle, stamp: dict[str, str]) -> str:
    """Return a digest of everything the output depends on."""
    settings = job.model_dump(
        mode="json", exclude={"name", "model", "source", "sink", "capacity", "ties", "rank_moves"}
    )
    settings["columns"] = job.source.columns
    settings["csv"] = job.source.csv.model_dump() if isinstance(job.source, FileInput) else None
    content = {"eriq": __version__, "model": bundle.manifest.seal, "source": stamp, **settings}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _about(job: ScoringJob, bundle: Bundle, options: Options, stamp: dict[str, str]) -> dict[str, Any]:
    """Return what the manifest says beside counts and digests; nothing in it changes with the clock."""
    return {
        "eriq": __version__,
        "name": job.name,
        "model": {
            "name": bundle.name,
            "seal": bundle.manifest.seal,
            "instrument": bundle.instrument.stamp if bundle.instrument else None,
        },
        "input": stamp,
        "today": str(options.today),
        "shown": {"show": options.show, "language": options.language, "reasons": options.reasons},
        "chunk_rows": job.chunk_rows,
    }


def _model(reference: str, old: dict[str, Any] | None) -> Bundle:
    """Return the model; a continued run keeps the version it began with, wherever an alias points now."""
    if old is None:
        return load_model(reference)
    with suppress(EriqError):
        if (bundle := load_model(reference)).name == old["model"]:
            return bundle
    try:
        bundle = open_bundle(old["folder"])
    except BundleError:
        raise ResumeError(f"the run began with {old['model']}, which is not there any more; give --overwrite") from None
    if bundle.name != old["model"]:
        raise ResumeError(f"the run began with {old['model']}; give --overwrite to begin anew")
    return bundle


def _complete(out: Path, identity: str, job: ScoringJob) -> Batch | None:
    """Return the result of this very job if it had ended already."""
    if not isinstance(job.sink, FileOutput) or not out.exists():
        return None
    try:
        found = json.loads(beside(out, "manifest.json").read_text(encoding="utf-8"))
        same = found["job"] == identity and found["sha256"][out.name] == file_digest(out)
        counts = found["counts"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if not same:
        return None
    tally = Tally(counts["read"], counts["scored"], counts["set_aside"], 0)
    return Batch(tally.read, tally.scored, tally.set_aside, out, f"{_sentence(tally, job, None)}: complete already")


def accepted(bundle: Bundle, answers_to: str | None) -> dict[str, str]:
    """Return our item -> their item for answers to another questionnaire that the model's own accepts.

    Raises
    ------
    InstrumentError
        When the model's questionnaire does not name `answers_to` among those it accepts.
    """
    instrument = bundle.instrument
    if answers_to is None or (instrument and answers_to == f"{instrument.id} {instrument.version}"):
        return {}
    if instrument is None:
        raise InstrumentError(f"{bundle.name} was trained on a ready table, not on a questionnaire")
    if answers_to not in instrument.accepts:
        raise InstrumentError(
            f"{bundle.name} was trained on {instrument.id} {instrument.version}; these answers are to {answers_to}, "
            "for which it declares no mapping"
        )
    return {ours: theirs for theirs, ours in instrument.accepts[answers_to].items()}


def check_instrument(bundle: Bundle, answers_to: str | None) -> None:
    """Raise InstrumentError if answers to `answers_to` cannot be scored by this model."""
    accepted(bundle, answers_to)


# --- sources and sinks ---------------------------------------------------------------------


def open_source(job: ScoringJob, bundle: Bundle) -> tuple[Source, Registers | None, dict[str, str]]:
    """Return the input of a job, its registers where they stand beside it, and the stamp of both."""
    given = job.source
    wanted = wanted_columns(bundle, {**accepted(bundle, job.answers_to), **given.columns})
    if not isinstance(given, FileInput):
        from eriq.scoring import databases

        query: dict[str, Any] = given.model_dump(include={"table", "query", "order_by"})
        if given.kind == "sql":
            inner: Any = databases.SqlSource(given.url_env, **query, chunk_rows=job.chunk_rows)
        else:
            inner = databases.DuckDbSource(given.file, **query, chunk_rows=job.chunk_rows)
        return Renamed(inner, wanted), None, inner.stamp()
    answers = find_table(given.path, "answers") if given.path.is_dir() else None
    source = open_files(answers or given.path, wanted, given.csv, job.chunk_rows)
    stamp = source.stamp()
    if answers is None or not bundle.needs_registers:
        return source, None, stamp
    registers = read_registers(given.path, given.csv)
    return source, registers, stamp | {n: file_digest(f) for n in TABLES if (f := find_table(given.path, n))}


class Renamed:
    """A source of a database with the model's columns only, under our names."""

    def __init__(self, inner: Any, wanted: Wanted) -> None:
        self._inner, self._places = inner, wanted.places(list(inner.names))
        self.total_rows: int | None = inner.total_rows

    def chunks(self, start: int = 0) -> Iterator[Chunk]:
        """Yield the chunks of the database."""
        for chunk in self._inner.chunks(start):
            frame = chunk.frame.iloc[:, list(self._places.values())].set_axis(list(self._places), axis="columns")
            yield replace(chunk, frame=frame)

    def stamp(self) -> dict[str, str]:
        """Return what identifies the input."""
        return dict(self._inner.stamp())

    def close(self) -> None:
        """Let go of the database."""
        self._inner.close()


class Plain:
    """A sink of a database; it gets words instead of places in lists of words."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self.completed, self.finish, self.close = inner.completed, inner.finish, inner.close

    def write(self, index: int, scores: pd.DataFrame, rejected: pd.DataFrame) -> None:
        """Store one chunk."""
        words = {n: "str" for n, kind in scores.dtypes.items() if isinstance(kind, pd.CategoricalDtype)}
        self._inner.write(index, scores.astype(words), rejected)

    def counted(self) -> tuple[int, int]:
        """Return rows scored and rows set aside in the stored chunks."""
        _, scored, rejected = self._inner.stored()
        return scored, rejected

    @property
    def known(self) -> int:
        """Rows that were in the table before."""
        return int(self._inner.known)


def open_sink(job: ScoringJob, identity: str, facts: dict[str, Any], *, resume: bool, overwrite: bool) -> Any:
    """Return the output of a job, with what an interrupted run of the same job has stored."""
    if isinstance(job.sink, FileOutput):
        return FileSink(job.sink.path, identity, facts, resume=resume, overwrite=overwrite)
    from eriq.scoring import databases

    if job.sink.kind == "sql":
        sink: Any = databases.SqlSink(job.sink.url_env, job.sink.table, job=identity)
    else:
        sink = databases.DuckDbSink(job.sink.file, job.sink.table, job=identity)
    if sink.completed() and not resume:
        if not overwrite:
            raise OutputError(f"{job.sink.table} has an interrupted run; give --resume or --overwrite")
        sink.discard()
    return Plain(sink)


def find_table(folder: Path, name: str) -> Path | None:
    """Return the file of a table in a folder, whatever its format."""
    for suffix in (".parquet", ".csv", ".xlsx"):
        if (file := folder / f"{name}{suffix}").exists():
            return file
    return None


def read_registers(folder: Path, csv: Csv | None = None) -> Registers:
    """Return checked registers, whole; here every problem is the file's, as no answer can be blamed for it."""
    frames: dict[TableName, pd.DataFrame] = {}
    for name in TABLES:
        file = find_table(folder, name)
        if file is None:
            raise SourceError(f"{folder} has no {name}; this model needs persons, spells and events")
        frames[name] = read_table(file, csv or Csv())
    registers, problems = check_registers(frames, dt.date.today(), extra="ignore")
    schema.refuse(problems)
    return registers


def make_features(model: str, folder: Path, out: Path, *, overwrite: bool = False) -> str:
    """Write the answers of a folder with the register columns a model needs, made once."""
    check_name(out)
    if out.exists() and not overwrite:
        raise OutputError(f"{out} is there already; give --overwrite to replace it")
    bundle = load_model(model)
    answers = read_table(find_table(folder, "answers") or folder)
    registers = read_registers(folder)
    names = [f.name for f in bundle.features if f.respondent == "register"]
    rows = pd.DataFrame(
        {"client_id": answers["client_id"], "answered_on": pd.to_datetime(answers["answered_on"], errors="coerce")}
    )
    made = register_columns(rows.astype({"answered_on": "datetime64[us]"}), registers, bundle.manifest.lag_days)
    write_table(pd.concat([answers, made[names]], axis="columns"), out, overwrite=overwrite)
    return f"{len(answers):,} rows with {len(names)} register columns in {out}"


def score_on_spark(job: ScoringJob, *, overwrite: bool = False, master: str | None = None) -> Batch:
    """Run a job on Spark: a Parquet folder in, a Parquet folder out.

    Raises
    ------
    ConfigError
        When the job asks for what only one machine does: ranks, other sources and sinks.
    EriqError
        What `eriq.scoring.spark.score_folder` raises.
    """
    from eriq.scoring.spark import score_folder

    if job.rank or not isinstance(job.source, FileInput) or not isinstance(job.sink, FileOutput) or job.source.columns:
        raise ConfigError("--engine spark takes Parquet files in and out, without ranks and without other column names")
    bundle = load_model(job.model)
    options = Options(job.language, job.reasons, job.shown, job.interval, job.today)
    done = score_folder(bundle.folder, job.source.path, job.sink.path, options, master, overwrite=overwrite)
    return Batch(done.read, done.scored, done.rejected, done.out, done.sentence)
