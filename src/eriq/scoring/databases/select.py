"""A query of a config is one SELECT and nothing else; the only door to sqlglot."""

from eriq.errors import ConfigError

DIALECTS = {"postgresql": "postgres", "mysql": "mysql", "mariadb": "mysql", "mssql": "tsql", "oracle": "oracle"}
LONGEST = 100_000  # letters of a query
RULE = "a database is read by a table or by one SELECT"


def one_select(query: str, kind: str) -> None:
    """Raise ConfigError unless a query is one SELECT that changes and locks nothing.

    What a function called in it does is not known here: that is what a read-only transaction is for, and an account
    that may only read.

    Parameters
    ----------
    query : str
        Never repeated in the error: its constants may be of a person.
    kind : str
        Of database, as SQLAlchemy calls it.

    Raises
    ------
    ConfigError
        With the rule that is broken.

    Examples
    --------
    >>> one_select("SELECT * FROM answers WHERE answered_on > '2026-01-01'", "postgresql")
    >>> one_select("WITH gone AS (DELETE FROM answers RETURNING *) SELECT * FROM gone", "postgresql")
    Traceback (most recent call last):
    eriq.errors.ConfigError: a database is read by a table or by one SELECT, and the query changes or locks (DELETE)
    """
    import logging

    import sqlglot
    from sqlglot import exp

    logging.getLogger("sqlglot").setLevel(logging.CRITICAL)  # its warnings repeat the query
    if len(query) > LONGEST:
        raise ConfigError(f"{RULE}, and the query is longer than {LONGEST:,} letters: make a view of it")
    try:
        found = [part for part in sqlglot.parse(query, dialect=DIALECTS.get(kind, kind)) if part is not None]
    except (sqlglot.errors.SqlglotError, ValueError, RecursionError):
        raise ConfigError(f"{RULE}, and the query does not read as SQL of {kind}: make a view of it") from None
    if len(found) != 1:
        raise ConfigError(f"{RULE}, and the query holds {len(found)} statements")
    if not isinstance(found[0], exp.Query):
        raise ConfigError(f"{RULE}, and the query is none ({found[0].key.upper()})")
    refused = (exp.DML, exp.DDL, exp.Into, exp.Lock, exp.Command)
    if kinds := sorted({part.key.upper() for part in found[0].find_all(*refused)}):
        raise ConfigError(f"{RULE}, and the query changes or locks ({', '.join(kinds)})")
