"""Answers as an agency writes them: put in our words chunk by chunk, or whole where a chunk does not tell enough."""

from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

from eriq.config import Layout, Tables
from eriq.errors import ConfigError, SchemaError, bullets
from eriq.instrument.instrument import Instrument
from eriq.scoring.sources.base import Chunk, Source, Wanted
from eriq.scoring.sources.frame import FrameSource
from eriq.tables import schema
from eriq.tables.extract import Extract, in_our_form, read_extract
from eriq.tables.files import read_declared
from eriq.tables.versions import declared
from eriq.tables.words import Words, in_our_words, words_of

ONE_ROW = ("unknown_code", "undeclared_label", "date_format")  # where rows are known, each is set aside by itself


class OwnWords(Source):
    """Another source, whose cells are put in our words."""

    def __init__(self, source: Source, words: Words) -> None:
        self._source, self._words = source, words
        self.notices = source.notices

    @property
    def total_rows(self) -> int | None:  # type: ignore[override]
        """As of the other source."""
        return self._source.total_rows

    def chunks(self, start: int = 0) -> Generator[Chunk, None, None]:
        """Yield the chunks of the other source in our words."""
        for chunk in self._source.chunks(start):
            yield replace(chunk, frame=in_our_words(chunk.frame, self._words))

    def stamp(self) -> dict[str, str]:
        """Return the stamp of the other source."""
        return self._source.stamp()

    def close(self) -> None:
        """Let go of the other source."""
        self._source.close()


def words_for(layout: Layout, wanted: Wanted) -> Words:
    """Return how answers are read.

    Raises
    ------
    ConfigError
        When the model asks no questionnaire, or a map is wrong.
    """
    return words_of(layout, "answers", wanted.contract, _instrument(wanted))


def whole_file(path: Path, layout: Layout, wanted: Wanted, chunk_rows: int) -> Source:
    """Return a source of a file that has to be read as a whole: long, a named sheet, or of a statistics program.

    Raises
    ------
    ConfigError, SchemaError, SourceError
        By cause.
    """
    read = read_declared(path, layout.csv, layout.sheet("answers"))
    made = in_our_form(read, layout, "answers", wanted.contract, wanted.mapping, _instrument(wanted))
    return _of_frame(made, wanted, chunk_rows)


def own_tables(given: Tables, wanted: Wanted, chunk_rows: int, written: bool = False) -> Source:
    """Return a source of the answers in an agency's own tables, halves joined.

    Raises
    ------
    ConfigError, SchemaError, SourceError
        By cause.
    """
    made = read_extract(given, "answers", _instrument(wanted))
    assert made is not None
    notices = [notice for notice in made.notices if ": not read: " in notice]
    if given.extra_columns == "refuse" and notices:
        raise SchemaError(bullets("columns nobody asked for, with extra_columns: refuse:", notices))
    if given.extra_columns == "ignore":
        made = replace(made, notices=tuple(notice for notice in made.notices if notice not in notices))
    return _of_frame(replace(made, frame=declared(made.frame, given.answers_to)), wanted, chunk_rows)


def _of_frame(made: Extract, wanted: Wanted, chunk_rows: int) -> Source:
    """Return a source of a table in our form; what no single row can answer for is refused."""
    schema.refuse([p for p in made.problems if p.code not in ONE_ROW or (p.code == "date_format" and not len(p.rows))])
    source = FrameSource(made.frame, replace(wanted, mapping={}), chunk_rows, made.digests)
    source.notices = (*((str(made.halves),) if made.halves else ()), *made.notices)
    return source


def _instrument(wanted: Wanted) -> Instrument:
    if wanted.instrument is None:
        raise ConfigError("the model was trained on a ready table: source takes columns and csv, and no codes or dates")
    return wanted.instrument
