"""Scores in a table of a database: stored chunk by chunk with a journal, moved at the end in one transaction."""

import datetime as dt
import hashlib
import json
import re

import pandas as pd

from eriq.errors import BusyError, ConfigError, CountError, OutputError, ResumeError
from eriq.scoring.databases.base import KEY, Writer
from eriq.scoring.manifest import RunManifest
from eriq.scoring.set_aside import SET_ASIDE, nothing
from eriq.scoring.sinks.base import Places, Sink

LONGEST_NAME = 40  # PostgreSQL cuts names after 63 letters, and ours get an ending


class TableSink(Sink):
    """Scores in a table of a database; made by `SqlSink` and `DuckDbSink`."""

    def __init__(self, database: Writer, table: str, job: str) -> None:
        if (
            not re.fullmatch(r"([A-Za-z_]\w*\.)?[A-Za-z_]\w*", table, re.ASCII)
            or len(table.split(".")[-1]) > LONGEST_NAME
        ):
            raise ConfigError(f"the sink's table must be a plain name of at most {LONGEST_NAME} letters, digits and _")
        if not job:
            raise ConfigError("a sink needs the identity of its job")
        self._db, self._table = database, table
        self._job = hashlib.sha256(job.encode()).hexdigest()[:16]
        self._parts = {kind: f"{table}{kind}_{self._job[:8]}" for kind in ("_part", "_part_rejected")}
        self._ready = False
        self.added = self.known = self.repeated = 0  # what became of the rows, once finished

    def _name(self, ending: str = "") -> str:
        return self._db.quote(self._table + ending)

    def _journal(self) -> None:
        """Make the journal and the list of runs, unless they are there."""
        with self._db.transaction("making its tables"):
            if not self._db.columns(f"{self._table}_journal"):
                like = nothing({"job": "str", "chunk": "int64", "scored": "int64", "rejected": "int64"})
                self._db.create(f"{self._table}_journal", like, ["job", "chunk"])
            if not self._db.columns(f"{self._table}_runs"):
                counts = dict.fromkeys(("scored", "rejected", "added", "known", "repeated"), "int64")
                like = nothing({"job": "str", "finished_on": "str", **counts, "manifest": "str"})
                self._db.create(f"{self._table}_runs", like, [])

    def completed(self) -> int:
        """Return how many chunks of this job are stored and not yet moved to the final table.

        Raises
        ------
        ResumeError
            When the journal has a gap: somebody changed it.
        """
        return self.stored()[0]

    def counted(self) -> tuple[int, int]:
        """Return scored rows and rejected rows in the chunks of `completed`."""
        _, scored, rejected = self.stored()
        return scored, rejected

    def stored(self) -> tuple[int, int, int]:
        """Return chunks, scored rows and rejected rows of this job that wait for its end."""
        with self._db.transaction("reading its journal"):
            if not self._db.columns(f"{self._table}_journal"):
                return 0, 0, 0
            found = self._db.select(
                f"SELECT count(*), coalesce(max(chunk), -1), coalesce(sum(scored), 0), coalesce(sum(rejected), 0) "
                f"FROM {self._name('_journal')} WHERE job = :job",
                job=self._job,
            )
        chunks, last, scored, rejected = (int(value) for value in found[0])
        if last + 1 != chunks:
            raise ResumeError(f"the journal of {self._table} lacks {last + 1 - chunks} chunk(s) of this job")
        return chunks, scored, rejected

    def write(self, index: int, scores: pd.DataFrame, rejected: pd.DataFrame) -> None:
        """Store one chunk and its line in the journal, in one transaction.

        Raises
        ------
        BusyError
            When another process stored this chunk.
        DatabaseError
            When the database refuses; then nothing of the chunk is stored.
        """
        # A database gets words instead of places in lists of words.
        words = [name for name, kind in scores.dtypes.items() if isinstance(kind, pd.CategoricalDtype)]
        scores = scores.astype(dict.fromkeys(words, "str"))
        if index == 0:
            self._journal()
        if len(scores) and not self._ready:
            with self._db.transaction("making its tables"):
                self._targets(scores)
            self._ready = True
        with self._db.transaction(f"storing chunk {index}"):
            # First the journal: whoever else writes the same chunk waits here, and then fails.
            line = {"job": self._job, "chunk": index, "scored": len(scores), "rejected": len(rejected)}
            taken = f"SELECT count(*) FROM {self._name('_journal')} WHERE job = :job AND chunk = :chunk"
            if self._db.select(taken, job=self._job, chunk=index)[0][0]:
                raise BusyError(f"chunk {index} is stored already: another process works on the same job")
            if not self._db.insert(f"{self._table}_journal", line):
                raise BusyError(f"another process works on the same job: it stored chunk {index}")
            if index == 0:
                self._drop_parts()
            if len(scores):
                self._store(self._parts["_part"], scores)
            if len(rejected):
                self._store(self._parts["_part_rejected"], rejected)

    def _store(self, part: str, frame: pd.DataFrame) -> None:
        there = self._db.columns(part)
        if not there:
            self._db.create(part, frame, [])
        elif set(frame.columns) != set(there):
            raise OutputError(f"this chunk has other columns than the first one in {self._table}")
        self._db.load(part, frame)

    def _targets(self, scores: pd.DataFrame) -> None:
        """Make the final table, or find fault with it, at the beginning and not at the end of the night."""
        there = self._db.columns(self._table)
        if not there:
            self._db.create(self._table, scores, [n for n in (*KEY, "model") if n in scores])
        elif missing := [str(n) for n in scores.columns if n not in there]:
            raise OutputError(f"the table {self._table} is there and lacks the column(s) {', '.join(missing)}")

    def forget(self) -> None:
        """Drop the chunks that an interrupted run of this job has stored."""
        self._journal()
        with self._db.transaction("discarding an unfinished job"):
            self._leave_journal()
            self._drop_parts()

    def abandon(self) -> None:
        """Leave everything: a chunk that failed has left nothing, and the others can be continued after."""
        return

    def _leave_journal(self) -> None:
        self._db.change(f"DELETE FROM {self._name('_journal')} WHERE job = :job", job=self._job)

    def _drop_parts(self) -> None:
        for part in self._parts.values():
            self._db.change(f"DROP TABLE IF EXISTS {self._db.quote(part)}")

    def places(self) -> Places:
        """Return the names of the tables."""
        return Places(f"table {self._table}", f"{self._table}_rejected")

    def finish(self, manifest: RunManifest) -> None:
        """Move everything to the final tables in one transaction, and write the run into the list of runs.

        A row whose client, day and model are in the table already is known and left alone; a row
        that repeats an earlier row of the same job goes to the rejected ones.

        Raises
        ------
        OutputError
            When the table is there and lacks a column.
        DatabaseError
            When the database refuses; then nothing was moved, and `finish` can be called again.
        """
        chunks, scored, rejected = self.stored()
        if not chunks:
            self._journal()
        with self._db.transaction("moving the scores to their table"):
            self._prove(scored + rejected)
            self._reject()
            if scored:
                self._move()
            line = {
                "finished_on": f"{dt.datetime.now(dt.UTC):%Y-%m-%d %H:%M:%S} UTC",
                "scored": scored,
                "rejected": rejected,
                "added": self.added,
                "known": self.known,
                "repeated": self.repeated,
                "job": self._job,
                "manifest": json.dumps(manifest.model_dump(mode="json")),
            }
            self._db.insert(f"{self._table}_runs", line)
            self._leave_journal()
        # Not above: dropping a table ends a transaction in some databases. The journal is what counts.
        with self._db.transaction("dropping its temporary tables"):
            self._drop_parts()

    def _prove(self, rows: int) -> None:
        """Raise CountError unless the parts hold as many different rows as the journal says, each once."""
        parts = [part for part in self._parts.values() if self._db.columns(part)]
        each = " UNION ALL ".join(f"SELECT {self._db.quote('row')} AS n FROM {self._db.quote(part)}" for part in parts)
        counted = f"SELECT count(*), count(DISTINCT n) FROM ({each}) eriq_rows"
        found, different = self._db.select(counted)[0] if each else (0, 0)
        if not rows == found == different:
            raise CountError(
                f"the journal of {self._table} has {rows:,} rows; its temporary tables hold {found:,}, of which "
                f"{different:,} are different"
            )

    def _reject(self) -> None:
        """Replace the rejected rows of this job by those of this run."""
        name, part = f"{self._table}_rejected", self._parts["_part_rejected"]
        if not self._db.columns(name):
            self._db.create(name, nothing({"job": "str", **SET_ASIDE}), [])
        self._db.change(f"DELETE FROM {self._name('_rejected')} WHERE job = :job", job=self._job)
        if there := self._db.columns(part):
            names = ", ".join(self._db.quote(n) for n in SET_ASIDE if n in there)
            chosen = f"SELECT :job, {names} FROM {self._db.quote(part)}"
            self._db.change(f"INSERT INTO {self._name('_rejected')} (job, {names}) {chosen}", job=self._job)

    def _move(self) -> None:
        part, quote = self._parts["_part"], self._db.quote
        names = self._db.columns(part)
        key = [n for n in (*KEY, "model") if n in names]
        columns, chosen = ", ".join(map(quote, names)), ", ".join(f"s.{quote(n)}" for n in names)
        if not key:
            self.added = self._db.change(f"INSERT INTO {self._name()} ({columns}) SELECT {chosen} FROM {quote(part)} s")
            return
        if (added := self._db.fill(self._table, part, key)) is not None:
            self.added = added
            return
        index = quote(part.split(".")[-1] + "_key")
        self._db.change(f"CREATE INDEX {index} ON {quote(part)} ({', '.join(map(quote, key))})")
        same = " AND ".join(f"t.{quote(n)} = s.{quote(n)}" for n in key)
        again = f"EXISTS (SELECT 1 FROM {quote(part)} t WHERE {same} AND t.{quote('row')} < s.{quote('row')})"
        known = f"EXISTS (SELECT 1 FROM {self._name()} t WHERE {same})"
        ids = [n for n in ("row", *KEY) if n in names]
        given = ", ".join(f"CAST(s.{quote(n)} AS VARCHAR(40))" if n == "answered_on" else f"s.{quote(n)}" for n in ids)
        self.repeated = self._db.change(
            f"INSERT INTO {self._name('_rejected')} (job, {', '.join(map(quote, ids))}, code, reason) "
            f"SELECT :job, {given}, :code, :reason FROM {quote(part)} s WHERE {again}",
            job=self._job,
            code="client_id:duplicate",
            reason=f"client_id: same {' and '.join(key)} as an earlier row",
        )
        waiting = f"SELECT count(*) FROM {quote(part)} s WHERE {known} AND NOT {again}"
        self.known = int(self._db.select(waiting)[0][0])
        self.added = self._db.change(
            f"INSERT INTO {self._name()} ({columns}) SELECT {chosen} FROM {quote(part)} s "
            f"WHERE NOT {known} AND NOT {again}{self._db.skip_known()}"
        )

    def close(self) -> None:
        """Let go of the database."""
        self._db.close()
