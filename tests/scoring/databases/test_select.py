"""A query of a config is one SELECT, and what is refused is not repeated."""

import pytest

from eriq.errors import ConfigError
from eriq.scoring.databases.select import LONGEST, one_select

READING = [
    "SELECT * FROM answers",
    "select client_id, 'a;b' AS x from answers where note like '%drop table%';",
    "SELECT 1 UNION ALL SELECT 2",
    "WITH a AS (SELECT * FROM answers) SELECT a.*, count(*) OVER (PARTITION BY job_centre) FROM a",
    "(SELECT 1)",
    "-- of this month\nSELECT * FROM answers /* all */",
    "SELECT a.x, b.y FROM a LEFT JOIN LATERAL (SELECT max(y) AS y FROM b WHERE b.id = a.id) b ON true",
]


@pytest.mark.parametrize("query", READING)
def test_a_query_that_only_reads_is_taken(query: str) -> None:
    """Words of other statements within text, comments, unions, windows, a closing semicolon."""
    one_select(query, "postgresql")


@pytest.mark.parametrize(
    ("query", "rule"),
    [
        ("SELECT 1; DROP TABLE answers", "2 statements"),
        ("SELECT 'SECRET-77') AS x; DELETE FROM answers; --", "does not read"),
        ("DELETE FROM answers WHERE client_id = 'SECRET-77'", "is none"),
        ("UPDATE answers SET cw01 = 1 WHERE client_id = 'SECRET-77'", "is none"),
        ("WITH x AS (DELETE FROM answers RETURNING *) SELECT * FROM x", "changes or locks"),
        ("WITH x AS (INSERT INTO a VALUES ('SECRET-77') RETURNING *) SELECT * FROM x", "changes or locks"),
        ("WITH x AS (UPDATE a SET b = 'SECRET-77' RETURNING *) SELECT * FROM x", "changes or locks"),
        ("SELECT * INTO copied FROM answers", "changes or locks"),
        ("SELECT * FROM answers FOR UPDATE", "changes or locks"),
        ("COPY answers TO PROGRAM 'SECRET-77'", "is none"),
        ("CALL f('SECRET-77')", "is none"),
        ("DO $$ BEGIN PERFORM 1; END $$", "is none"),
        ("EXPLAIN ANALYZE SELECT 1", "is none"),
        ("VACUUM", "is none"),
        ("SET ROLE postgres", "is none"),
        ("SELECT 'SECRET-77", "does not read"),
        ("", "0 statements"),
        (";", "0 statements"),
        ("(" * 5000 + "SELECT 1" + ")" * 5000, "does not read"),
        ("SELECT '" + "x" * LONGEST + "'", "longer"),
    ],
    ids=lambda given: given[:40],
)
def test_what_does_more_than_read_is_refused_by_its_rule(query: str, rule: str, capfd) -> None:
    """ConfigError that names the rule; no constant of the query in it, in the log or on the screen."""
    with pytest.raises(ConfigError, match=rule) as refused:
        one_select(query, "postgresql")
    shown = capfd.readouterr()
    assert "SECRET" not in f"{refused.value}{shown.out}{shown.err}"


@pytest.mark.parametrize("query", ["PRAGMA table_info(answers)", "ATTACH 'x' AS y", "SELECT 1; PRAGMA data_version"])
def test_statements_of_sqlite_are_known_too(query: str) -> None:
    """Each database is read in its own way of writing SQL."""
    with pytest.raises(ConfigError):
        one_select(query, "sqlite")
