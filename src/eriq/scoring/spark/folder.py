"""A Parquet folder in, a Parquet folder out."""

import datetime as dt
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from eriq.errors import OutputError
from eriq.scoring.options import Options
from eriq.scoring.spark import cluster
from eriq.scoring.spark.output import FolderManifest, publish, refuse_foreign, rejects_folder, staging_beside
from eriq.scoring.spark.tasks import add_bucket, score_batches

if TYPE_CHECKING:
    from eriq.model.bundle import Bundle
    from eriq.scoring.spark.inputs import Given

BUCKET_ROWS = 20_000  # rows scored in one call; all rows of a client are in one bucket


@dataclass(frozen=True, slots=True)
class SparkScored:
    """What became of the rows of a folder."""

    read: int
    scored: int
    rejected: int
    out: Path
    rejects: Path

    @property
    def sentence(self) -> str:
        """One line for the person who started the job."""
        return (
            f"{self.read:,} rows read = {self.scored:,} scored in {self.out} + {self.rejected:,} set aside in "
            f"{self.rejects.name}"
        )


def score_folder(
    bundle_folder: "str | Path | Bundle",
    input_parquet: str | Path,
    out_folder: str | Path,
    options: Options | None = None,
    master: str | None = None,
    *,
    overwrite: bool = False,
    bucket_rows: int = BUCKET_ROWS,
) -> SparkScored:
    """Score every row of a Parquet folder with Spark; what cannot be scored is set aside with its reason.

    The rows of one client are brought together before scoring, so that a repeated questionnaire is found
    wherever it stands. Rows are numbered from 1 over the files in the order of their names.

    Parameters
    ----------
    bundle_folder : path or Bundle
        A saved model, or one that is open; it is shipped to the executors, which check it again, and its signature
        where that was asked for.
    input_parquet : path
        Parquet file, or folder of them with the same columns; on a cluster, a place all machines see.
    out_folder : path
        Gets Parquet files in the order of the rows; its name appears when all is done. The rows set aside
        are in ``<out_folder>.rejected``.
    options : Options, optional
    master : str, optional
        For example ``local[4]``; by default what ``spark-submit`` says, else ``local[2]``.
    overwrite : bool
        Replace an output that is there.
    bucket_rows : int
        Rows scored in one call, about; bounds the memory of a task.

    Returns
    -------
    SparkScored
        ``read == scored + rejected``.

    Raises
    ------
    DependencyError
        Without PySpark or Java.
    SourceError, SchemaError, BundleError, OutputError, SparkError
        By cause; then nothing stands under the final name.
    """
    # Not above: a task imports this module too, and has to set its one thread before anything native is loaded.
    from eriq.model.bundle import Bundle, open_bundle
    from eriq.scoring.spark.inputs import checked_input, require_spark

    require_spark()
    out = Path(out_folder).absolute()
    for folder in (out, rejects_folder(out)):
        if folder.exists() and not overwrite:
            raise OutputError(f"{folder} is there already; give --overwrite to replace it")
    refuse_foreign(out)
    options = _dated(options or Options())
    bundle = bundle_folder if isinstance(bundle_folder, Bundle) else open_bundle(bundle_folder)
    given = checked_input(bundle, Path(input_parquet), options)
    with staging_beside(out) as staging:
        good, bad = _score_into(staging, given, bundle, options, master, bucket_rows)
        counts = {"read": given.total, "scored": good, "rejected": bad}
        about = FolderManifest(**counts, model=bundle.name, seal=bundle.manifest.seal)
        publish(staging, out, about, overwrite=overwrite)
    return SparkScored(given.total, good, bad, out, rejects_folder(out))


def _dated(options: Options) -> Options:
    """Return options with one day for the whole job, wherever and whenever its tasks run."""
    return replace(options, today=options.today or dt.date.today())


def _score_into(
    staging: Path, given: "Given", bundle: "Bundle", options: Options, master: str | None, bucket_rows: int
) -> tuple[int, int]:
    """Write scores and rows set aside into a folder, and return how many there are of each."""
    with cluster.session(master) as spark, cluster.spark_errors(given.path):
        cluster.ship(spark, bundle.folder)
        rows = cluster.numbered(spark, given.files, given.names)
        buckets = max(1, -(-given.total // bucket_rows))
        place = partial(add_bucket, client=f"c{given.names.index(bundle.client)}", buckets=buckets)
        model = (bundle.folder.resolve().name, bundle.manifest.seal, bundle.trusted)
        work = partial(score_batches, model=model, options=options, names=given.names, kinds=given.kinds)
        done = cluster.done_by(cluster.bucketed(rows, place, buckets, given.total), work, given.kinds)
        good, bad = cluster.count(done, given.total)
        cluster.write(done, staging, good, bad)
    return good, bad
