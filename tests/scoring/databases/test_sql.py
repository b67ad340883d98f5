"""Addresses and errors of databases: never a password, never a value."""

from pathlib import Path

import pytest

from eriq.errors import ConfigError, DatabaseError, DependencyError, SourceError
from eriq.scoring.databases.sql import named, open_engine
from eriq.scoring.sources.sql import SqlSource
from tests.scoring.conftest import URL


@pytest.mark.parametrize(
    ("value", "error", "words"),
    [
        (None, SourceError, "ERIQ_TEST_URL is not set"),
        ("not an address SECRET-77", SourceError, "does not hold an address"),
        ("sqlite:////nowhere/SECRET-77.db", SourceError, "not there"),
        ("nodatabase://u:SECRET-77@h/d", SourceError, "not known"),
        ("mysql+mysqldb://u:SECRET-77@h/d", DependencyError, "no driver"),
        ("postgresql://u:SECRET-77@127.0.0.1:1/d", DatabaseError, "ERIQ_TEST_URL refused while being opened"),
    ],
)
def test_an_unusable_address_is_named_by_its_variable_only(
    monkeypatch: pytest.MonkeyPatch, value: str | None, error: type[Exception], words: str, secret: str
) -> None:
    """The error tells the variable and the cause, never what the variable holds."""
    monkeypatch.delenv(URL, raising=False)
    if value:
        monkeypatch.setenv(URL, value)
    with pytest.raises(error, match=words) as caught:
        SqlSource(URL, table="answers")
    assert secret not in str(caught.value)


def test_an_address_where_a_name_belongs_is_refused_without_showing_it(secret: str) -> None:
    """Whoever writes the address into a config is told so, and its password is not repeated."""
    with pytest.raises(ConfigError, match="NAME of an environment variable") as caught:
        SqlSource(f"postgresql://u:{secret}@h/d", table="answers")
    assert secret not in str(caught.value)


def test_no_engine_shows_values(database: Path) -> None:
    """SQLAlchemy hides the values of a statement that failed."""
    assert open_engine(URL).hide_parameters


def test_errors_of_a_driver_lose_their_text() -> None:
    """The driver's text holds a value; ours holds its class only."""
    assert "c17" not in str(named(ValueError("Key (client_id)=(c17) exists"), URL, "storing chunk 1"))
