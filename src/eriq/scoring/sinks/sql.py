"""Scores into a database that SQLAlchemy reaches."""

from eriq.scoring.databases.sql import SqlWriter
from eriq.scoring.sinks.table import TableSink


class SqlSink(TableSink):
    """Scores in a table of a database that SQLAlchemy reaches.

    Beside ``<table>`` there are ``<table>_rejected``, ``<table>_runs`` (one line per finished run
    with its counts and manifest) and ``<table>_journal`` (the chunks of unfinished ones). A client,
    day and model occur once in ``<table>``, however often a job is run.

    Parameters
    ----------
    url_env : str
        Environment variable that holds the address.
    table : str
        A schema may stand before it: ``results.scores``.
    job : str
        What makes a job the same one: input, model and options. Only a digest of it is stored.
    lock_seconds : int
        How long a locked table is waited for (PostgreSQL and SQLite).

    Raises
    ------
    ConfigError, SourceError, DependencyError
        By cause; the text names the variable, never the address.

    Examples
    --------
    >>> import os, tempfile
    >>> import pandas as pd
    >>> from eriq.scoring.set_aside import SET_ASIDE, nothing
    >>> os.environ["ERIQ_EXAMPLE_DB"] = f"sqlite:///{tempfile.mkdtemp()}/example.db"
    >>> scores = pd.DataFrame({"row": [1], "client_id": ["a"], "probability": [0.2], "model": ["m-1"]})
    >>> sink = SqlSink("ERIQ_EXAMPLE_DB", "scores", job="november")
    >>> sink.write(0, scores, nothing(SET_ASIDE))
    >>> sink.completed(), sink.counted()
    (1, (1, 0))
    """

    def __init__(self, url_env: str, table: str, *, job: str, lock_seconds: int = 30) -> None:
        super().__init__(SqlWriter(url_env, lock_seconds), table, job)
