"""What a scoring job is, and what it says about itself."""

import datetime as dt
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from eriq import __version__
from eriq.config import Layout, ScoringJob
from eriq.model.bundle import Bundle
from eriq.scoring.manifest import Begun, Counts, RunManifest, ScoredBy, Shown
from eriq.scoring.options import Options
from eriq.scoring.sinks.base import Places

HOW_READ = ("columns", "weekly", "within_days")  # with the layout: what rows become of the same files
# No chunk depends on them.
NOT_IN_IDENTITY = {
    *("name", "model", "trusted_keys", "source", "previous", "sink", "capacity", "ties", "rank_moves", "shift")
}


@dataclass(frozen=True, slots=True)
class Batch:
    """What became of the rows of a batch."""

    read: int
    scored: int
    rejected: int
    out: Path  # of an object: bucket and key
    sentence: str


def batch_of(counts: Counts, out: Path, sentence: str, notices: tuple[str, ...] = ()) -> Batch:
    """Return counts of a finished job with where its scores are, a line about it, and one for each notice."""
    return Batch(counts.read, counts.scored, counts.set_aside, out, "\n".join([sentence, *notices]))


def begun_of(job: ScoringJob, bundle: Bundle, stamp: dict[str, str], today: dt.date) -> Begun:
    """Return what tells a run of this job from any other, and what it needs to be continued."""
    identity = identity_of(job, bundle, stamp)
    return Begun(job=identity, model=bundle.name, folder=str(bundle.folder.resolve()), today=today)


def identity_of(job: ScoringJob, bundle: Bundle, stamp: dict[str, str]) -> str:
    """Return a digest of everything the stored chunks depend on."""
    settings = job.model_dump(mode="json", exclude=NOT_IN_IDENTITY)
    settings["layout"] = job.source.model_dump(mode="json", include={*Layout.model_fields, *HOW_READ})
    content = {"eriq": __version__, "model": bundle.manifest.seal, "source": stamp, **settings}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def options_of(job: ScoringJob, begun_on: dt.date | None = None) -> Options:
    """Return what the job shows of each row; the day is that of its beginning, unless it names one."""
    return Options(
        job.language,
        job.reasons,
        job.shown,
        job.interval,
        job.today or begun_on,
        job.consent == "required",
        job.answers_to,
        job.rank,
        job.without_registers,
        job.no_forecast_between,
        job.out_of_range,
    )


def manifest_of(
    job: ScoringJob, bundle: Bundle, options: Options, stamp: dict[str, str], identity: str, counts: Counts
) -> RunManifest:
    """Return what a finished run says about itself; nothing in it changes with the clock."""
    return RunManifest(
        name=job.name,
        model=ScoredBy(
            name=bundle.name,
            seal=bundle.manifest.seal,
            instrument=bundle.instrument.stamp if bundle.instrument else None,
        ),
        input=stamp,
        today=str(options.today),
        shown=Shown(show=options.show, language=bundle.language(options.language), reasons=options.reasons),
        chunk_rows=job.chunk_rows,
        job=identity,
        counts=counts,
    )


def told(counts: Counts, places: Places, *, known: int = 0, after: int = 0) -> str:
    """Return one line for the person who started the job.

    >>> told(Counts(read=3, scored=2, set_aside=1), Places("a.csv", "b.csv"), after=4)
    '3 rows read = 2 scored in a.csv + 1 set aside in b.csv (continued after chunk 4)'
    """
    there = f"; {known:,} of them were there already" if known else ""
    continued = f" (continued after chunk {after})" if after else ""
    return (
        f"{counts.read:,} rows read = {counts.scored:,} scored in {places.scored}{there} + {counts.set_aside:,} set "
        f"aside in {places.set_aside}{continued}"
    )
