"""Score a batch: files or databases in, files or databases out; complete, or to be continued."""

import datetime as dt
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from eriq.config import Csv, FileInput, FileOutput, ScoringJob, Tables, as_given, checked
from eriq.disclosure import Access, about_people
from eriq.errors import ConfigError, EriqError, OutputError, ResumeError, ShiftError
from eriq.instrument.texts import Language
from eriq.model.bundle import Bundle
from eriq.registry.models import load_model, open_signed
from eriq.scoring.batch import OnChunk, run_job
from eriq.scoring.columns import wanted_columns
from eriq.scoring.job import Batch, batch_of, begun_of, manifest_of, options_of, told
from eriq.scoring.manifest import Begun
from eriq.scoring.options import Options
from eriq.scoring.previous import previous_of
from eriq.scoring.registers import Lookup, read_registers, registers_of, with_register_columns
from eriq.scoring.sinks.folder import check_name
from eriq.scoring.sinks.openers import output_of
from eriq.scoring.sinks.overlap import refuse_overlap, shares_file
from eriq.scoring.sources.base import Source
from eriq.scoring.sources.openers import open_source
from eriq.scoring.sources.peeked import Peeked
from eriq.tables.files import read_table, write_table
from eriq.tables.folders import find_table
from eriq.tables.versions import require_accepted

OnWarning = Callable[[str], None]


def score(
    model: str,
    given: Path | str,
    out: Path | str,
    *,
    language: Language | None = None,
    reasons: int = 5,
    overwrite: bool = False,
) -> Batch:
    """Score every row of a file or folder; what cannot be scored is set aside with its reason.

    Raises
    ------
    EriqError
        By cause; then nothing stands under the final name.
    """
    return run(job_of(model, given, out, language=language, reasons=reasons), overwrite=overwrite)


def job_of(model: str, given: Path | str, out: Path | str, *, csv: Csv | None = None, **more: object) -> ScoringJob:
    """Return the job that the short form of the command means; text with :// in it is an address in a store."""
    read, written = as_given(given), as_given(out)
    csv = csv or Csv()
    source: object = FileInput(path=read, csv=csv) if isinstance(read, Path) else _object(read, csv=csv.model_dump())
    sink: object = FileOutput(path=written) if isinstance(written, Path) else _object(written)
    named: dict[str, object] = {"version": 1, "name": "score", "model": model, "source": source, "sink": sink}
    if isinstance(read, Path) and isinstance(written, Path):
        return ScoringJob.model_validate({**named, **more})
    return checked(ScoringJob, {**named, **more}, "this cannot be scored:")


def _object(uri: str, **more: object) -> dict[str, object]:
    return {"kind": "object", "uri": uri, **more}


def run(
    job: ScoringJob,
    *,
    resume: bool = False,
    overwrite: bool = False,
    workers: int | None = None,
    on_chunk: OnChunk | None = None,
    on_warning: OnWarning = lambda text: None,
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
    on_chunk : callable, optional
        Called after each chunk.
    on_warning : callable
        Called with the words of a warning before the first row is written: the people are not as in training.

    Raises
    ------
    EriqError
        By cause. Chunks stored before stay for `resume`; nothing stands under the final name.
    """
    with about_people(job.access):
        warned = partial(_before, job, on_warning)
        return _run(job, warned, resume=resume, overwrite=overwrite, workers=workers, on_chunk=on_chunk)


def _run(
    job: ScoringJob,
    before: Callable[[Bundle, Source, Options, Lookup | None], Source],
    *,
    resume: bool,
    overwrite: bool,
    workers: int | None,
    on_chunk: OnChunk | None,
) -> Batch:
    output = output_of(job)
    old = output.look(resume=resume, overwrite=overwrite)
    bundle = _model(job, old)
    bundle.language(job.language)  # refused before any row is read
    require_accepted(bundle.instrument, job.answers_to, bundle.name)
    # An agency's own tables are renamed by their own source, table by table.
    wanted = wanted_columns(bundle, {} if isinstance(job.source, Tables) else job.source.columns)
    today = old.today if old else dt.date.today()
    options = options_of(job, today)
    with open_source(job.source, wanted, job.chunk_rows, written=shares_file(job)) as source:
        stamp = source.stamp()
        registers, digests = registers_of(job.source, bundle)
        previous, more = previous_of(job, bundle, today)
        stamp |= digests | more
        options = replace(options, previous=previous)
        begun = begun_of(job, bundle, stamp, today)
        if resume and not old and (done := output.complete(begun.job)):
            counts, places = done
            return batch_of(counts, output.out, f"{told(counts, places)}: complete already", source.notices)
        with output.open(begun, resume=resume, overwrite=overwrite) as sink:
            after, cores = sink.completed(), workers or os.cpu_count() or 1
            lookup = None if registers is None else Lookup(registers)
            rows = before(bundle, source, options, lookup)
            counts = run_job(bundle, rows, sink, options, lookup, workers=cores, on_chunk=on_chunk)
            sink.finish(manifest_of(job, bundle, options, stamp, begun.job, counts))
        notices = source.notices
    return batch_of(counts, output.out, told(counts, sink.places(), known=sink.known, after=after), notices)


def make_features(
    model: str,
    folder: Path,
    out: Path,
    *,
    overwrite: bool = False,
    access: Access = "owner",
    trusted_keys: Sequence[Path] | None = None,
) -> str:
    """Write the answers of a folder with the register columns a model needs, made once."""
    check_name(out)
    if out.exists() and not overwrite:
        raise OutputError(f"{out} is there already; give --overwrite to replace it")
    bundle = load_model(model, trusted_keys)
    answers = read_table(find_table(folder, "answers") or folder)
    table = with_register_columns(bundle, answers, read_registers(folder, form=bundle.needs_form)[0])
    with about_people(access):
        write_table(table, out, overwrite=overwrite)
    return f"{len(answers):,} rows with {len(bundle.registers)} register columns in {out}"


def make_features_on_spark(
    model: str,
    folder: Path,
    out: Path,
    *,
    overwrite: bool = False,
    access: Access = "owner",
    trusted_keys: Sequence[Path] | None = None,
    master: str | None = None,
) -> str:
    """Write what `make_features` writes, as a Parquet folder, made by Spark from tables in Parquet."""
    from eriq.scoring.spark.register_columns import register_columns_folder

    bundle = load_model(model, trusted_keys)
    with about_people(access):
        rows = register_columns_folder(bundle, folder, out, master, overwrite=overwrite)
    return f"{rows:,} rows with {len(bundle.registers)} register columns in {out}"


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

    source = job.source
    if job.shift == "refuse":
        raise ConfigError(
            "--engine spark cannot refuse by shift (shift: refuse); 'eriq monitor' holds a period against training"
        )
    if job.rank or source.kind != "file" or job.sink.kind != "file" or source.columns or not source.says_nothing:
        raise ConfigError(
            "--engine spark takes Parquet files in and out, without ranks and without other names, codes or dates"
        )
    refuse_overlap(job, (job.sink.path,))
    bundle = load_model(job.model, job.trusted_keys)
    if job.previous or bundle.needs_previous:
        raise ConfigError("--engine spark looks at no earlier answers (previous); run the job without it")
    bundle.language(job.language)
    require_accepted(bundle.instrument, job.answers_to, bundle.name)
    with about_people(job.access):
        done = score_folder(bundle, source.path, job.sink.path, options_of(job), master, overwrite=overwrite)
    return Batch(done.read, done.scored, done.rejected, done.out, done.sentence)


def _before(
    job: ScoringJob, warn: OnWarning, bundle: Bundle, source: Source, options: Options, lookup: Lookup | None
) -> Source:
    """Hold the first rows against training, and return the source with these still in it.

    A continued run is looked at again: the rows are the same, and whoever continues it may not have seen the warning.
    """
    if job.shift == "off" or (not bundle.manifest.distributions and job.shift == "warn"):
        return source
    from eriq.monitoring.before import ROWS, FirstLook, first_look, sample_of  # loads scipy

    rows = Peeked(source, ROWS)
    frames = [chunk.frame for chunk in rows.first if len(chunk.frame)]
    found = first_look(bundle, sample_of(frames), options, lookup) if frames else FirstLook()
    if found.drift and job.shift == "refuse":
        rows.close()
        raise ShiftError(f"{found.drift}\n  - not scored, as the config says shift: refuse; shift: warn scores them")
    if found.drift:
        warn(found.drift)
    elif found.unknown and job.shift == "refuse":
        warn(f"shift: not assessable, so nothing is refused: {found.unknown}")
    return rows


def _model(job: ScoringJob, old: Begun | None) -> Bundle:
    """Return the model; a continued run keeps the version it began with, wherever an alias points now."""
    if old is None:
        return load_model(job.model, job.trusted_keys)
    with suppress(EriqError):
        if (bundle := load_model(job.model, job.trusted_keys)).name == old.model:
            return bundle
    if not Path(old.folder).is_dir():
        raise ResumeError(f"the run began with {old.model}, which is not there any more; give --overwrite")
    bundle = open_signed(Path(old.folder), job.trusted_keys)
    if bundle.name != old.model:
        raise ResumeError(f"the run began with {old.model}; give --overwrite to begin anew")
    return bundle
