"""Scores in a table: the same promises for SQLite and DuckDB."""

import json
from pathlib import Path
from typing import Any

import pytest

from eriq.errors import BusyError, CountError, OutputError
from eriq.scoring.sinks.duckdb import DuckDbSink
from eriq.scoring.sinks.sql import SqlSink
from tests.scoring.conftest import NONE, RUN, URL, query, query_and_commit, rejects, scores

Sink = SqlSink | DuckDbSink


class Place:
    """A database that sinks of several jobs write to, and that can be asked."""

    def __init__(self, kind: str, folder: Path) -> None:
        self.kind, self.file = kind, folder / f"scores.{kind}"

    def sink(self, job: str = "november") -> Sink:
        if self.kind == "duckdb":
            return DuckDbSink(self.file, "scores", job=job)
        return SqlSink(URL, "scores", job=job, lock_seconds=1)

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        if self.kind == "sqlite":
            return query(self.file, sql)
        import duckdb

        with duckdb.connect(str(self.file)) as connection:
            return connection.execute(sql).fetchall()

    def tell(self, sql: str) -> None:
        if self.kind == "sqlite":
            query_and_commit(self.file, sql)
            return
        import duckdb

        with duckdb.connect(str(self.file)) as connection:
            connection.execute(sql)

    def tables(self) -> list[str]:
        if self.kind == "sqlite":
            return [row[0] for row in self.ask("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        return [row[0] for row in self.ask("SELECT table_name FROM duckdb_tables() ORDER BY table_name")]


@pytest.fixture(params=["sqlite", "duckdb"])
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    made = Place(request.param, tmp_path)
    monkeypatch.setenv(URL, f"sqlite:///{made.file}")
    return made


def test_rows_appear_in_their_table_at_the_end_only(place: Place) -> None:
    """Two chunks of 3 and 2 rows are stored; the table stays empty until `finish`."""
    sink = place.sink()
    sink.write(0, scores(1, 3), rejects(4))
    sink.write(1, scores(5, 2), NONE)
    assert sink.completed() == 2
    assert sink.stored() == (2, 5, 1)
    assert place.ask("SELECT count(*) FROM scores") == [(0,)]
    sink.finish(RUN)
    assert place.ask("SELECT row, client_id, probability FROM scores ORDER BY row")[3] == (5, "c5", 0.005)
    assert [str(row[0]) for row in place.ask("SELECT answered_on FROM scores")] == ["2020-01-15"] * 5
    assert place.ask("SELECT row, code, reason FROM scores_rejected") == [(4, "code of 4", "reason of 4")]
    assert place.ask("SELECT scored, rejected, added, known, repeated, manifest FROM scores_runs") == [
        (5, 1, 5, 0, 0, json.dumps(RUN.model_dump(mode="json")))
    ]
    assert (sink.added, sink.known, sink.repeated) == (5, 0, 0)
    assert place.tables() == ["scores", "scores_journal", "scores_rejected", "scores_runs"]
    assert sink.completed() == 0
    sink.close()


def test_a_second_run_of_a_job_doubles_nothing(place: Place) -> None:
    """Three scores and one reject, twice: three scores and one reject; another model adds its own."""
    for _ in range(2):
        sink = place.sink()
        sink.write(0, scores(1, 3), rejects(4))
        sink.finish(RUN)
        sink.close()
    assert (sink.added, sink.known) == (0, 3)
    other = place.sink("another model")
    other.write(0, scores(1, 3, model="m-2"), NONE)
    other.finish(RUN)
    other.close()
    assert place.ask("SELECT model, count(*) FROM scores GROUP BY model ORDER BY model") == [("m-1", 3), ("m-2", 3)]
    assert place.ask("SELECT count(*) FROM scores_rejected") == [(1,)]
    assert place.ask("SELECT count(*) FROM scores_runs") == [(3,)]


def test_an_interrupted_job_goes_on_where_it_was(place: Place) -> None:
    """A new sink of the same job finds one chunk; a sink of another job finds none."""
    sink = place.sink()
    sink.write(0, scores(1, 3), NONE)
    sink.close()
    other = place.sink("december")
    assert other.completed() == 0
    other.close()
    again = place.sink()
    assert again.completed() == 1
    again.write(1, scores(4, 3), NONE)
    again.finish(RUN)
    again.close()
    assert place.ask("SELECT count(*), sum(row) FROM scores") == [(6, 21)]


def test_a_job_that_starts_anew_forgets_what_was_stored(place: Place) -> None:
    """Chunk 0 of an abandoned run had rows 1 to 3; after `forget` only rows 7 and 8 arrive."""
    sink = place.sink()
    sink.write(0, scores(1, 3), rejects(9))
    sink.forget()
    assert sink.completed() == 0
    sink.write(0, scores(7, 2), NONE)
    sink.finish(RUN)
    sink.close()
    assert place.ask("SELECT row FROM scores ORDER BY row") == [(7,), (8,)]
    assert place.ask("SELECT count(*) FROM scores_rejected") == [(0,)]


def test_two_processes_on_one_job_are_noticed(place: Place) -> None:
    """The second writer of chunk 0 is told so, and stores nothing."""
    one = place.sink()
    one.write(0, scores(1, 3), NONE)
    with pytest.raises(BusyError, match="another process"):
        one.write(0, scores(1, 3), NONE)
    assert one.stored() == (1, 3, 0)
    one.close()


def test_a_chunk_that_fails_leaves_nothing(place: Place) -> None:
    """Chunk 1 lacks a column: it is refused whole, and the journal still counts one chunk."""
    sink = place.sink()
    sink.write(0, scores(1, 3), NONE)
    with pytest.raises(OutputError, match="other columns"):
        sink.write(1, scores(4, 3).drop(columns="wave"), rejects(9))
    assert sink.stored() == (1, 3, 0)
    sink.write(1, scores(4, 3), NONE)
    sink.finish(RUN)
    sink.close()
    assert place.ask("SELECT count(*) FROM scores") == [(6,)]
    assert place.ask("SELECT count(*) FROM scores_rejected") == [(0,)]


@pytest.mark.parametrize(
    "change", ["UPDATE {} SET row = 1 WHERE row = 2", "DELETE FROM {} WHERE row = 2", "INSERT INTO {} SELECT * FROM {}"]
)
def test_parts_that_were_changed_are_not_moved(place: Place, change: str) -> None:
    """Rows there twice, or gone, end the job before anything is in the final table."""
    sink = place.sink()
    sink.write(0, scores(1, 3), rejects(4))
    sink.close()
    place.tell(change.format(*[next(name for name in place.tables() if name.startswith("scores_part_"))] * 2))
    sink = place.sink()
    with pytest.raises(CountError, match="the journal of scores has 4 rows"):
        sink.finish(RUN)
    sink.close()
    assert place.ask("SELECT count(*) FROM scores") == [(0,)]


def test_a_row_repeated_within_a_job_is_set_aside(place: Place) -> None:
    """Rows 1 and 9 are of one client, day and model: row 1 is scored, row 9 is among the rejected."""
    twice = scores(1, 3)
    twice.loc[2, ["row", "client_id"]] = [9, "c1"]
    sink = place.sink()
    sink.write(0, twice, NONE)
    sink.finish(RUN)
    sink.close()
    assert (sink.added, sink.repeated) == (2, 1)
    assert place.ask("SELECT row FROM scores ORDER BY row") == [(1,), (2,)]
    assert place.ask("SELECT row, client_id, code FROM scores_rejected") == [(9, "c1", "client_id:duplicate")]


def test_a_table_that_cannot_take_the_scores_is_refused_before_any_work(place: Place) -> None:
    """A table of that name without the column probability: nothing is stored."""
    sink = place.sink()
    sink.write(0, scores(1, 1).drop(columns="probability"), NONE)
    sink.finish(RUN)
    sink.close()
    sink = place.sink("other")
    with pytest.raises(OutputError, match=r"lacks the column\(s\) probability"):
        sink.write(0, scores(2, 1), NONE)
    assert sink.completed() == 0
    sink.close()


def test_a_run_without_any_score_ends_well(place: Place) -> None:
    """One chunk of one rejected row: the run is listed with 0 scored."""
    sink = place.sink()
    sink.write(0, scores(1, 0), rejects(1))
    sink.finish(RUN)
    sink.close()
    assert place.ask("SELECT scored, rejected FROM scores_runs") == [(0, 1)]
    assert place.ask("SELECT row FROM scores_rejected") == [(1,)]


def test_an_input_without_rows_ends_well(place: Place) -> None:
    """No chunk at all: the run is listed with 0 and 0."""
    sink = place.sink()
    sink.finish(RUN)
    sink.close()
    assert place.ask("SELECT scored, rejected FROM scores_runs") == [(0, 0)]


def test_odd_text_is_stored(place: Place) -> None:
    """Quotes, a semicolon, another script and the sign 0 arrive as text; SQL gets a mark for the sign 0."""
    frame = scores(1, 3).assign(client_id=["o'; DROP TABLE scores; --", "Åsa 你", "a\x00b"])
    sink = place.sink()
    sink.write(0, frame, NONE)
    sink.finish(RUN)
    sink.close()
    found = [row[0] for row in place.ask("SELECT client_id FROM scores ORDER BY row")]
    assert found == ["o'; DROP TABLE scores; --", "Åsa 你", "a\ufffdb" if place.kind == "sqlite" else "a\x00b"]
