"""Objects in a store as input and output of a batch: their addresses, which hold no credentials."""

from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import unquote, urlsplit

from pydantic import AfterValidator, Field, model_validator

from eriq.config.files import Section
from eriq.config.layout import Layout

SCHEMES = ("s3", "gs")


def shown(uri: str) -> str:
    """Return an address as it may be printed: without query and user.

    >>> shown("s3://key:secret@box/a/answers.parquet?region=eu-north-1")
    's3://box/a/answers.parquet'
    """
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _address(given: str) -> str:
    """Raise ValueError, without the text, unless it is the address of an object and no more."""
    try:
        parts = urlsplit(given)
    except ValueError:
        raise ValueError("not an address such as s3://bucket/folder/answers.parquet") from None
    if parts.scheme not in SCHEMES or not parts.netloc or not parts.path.strip("/"):
        raise ValueError("not an address such as s3://bucket/folder/answers.parquet (s3 or gs; a file is kind: file)")
    if "@" in parts.netloc:
        raise ValueError(
            "an address holds no user and no password; those are for the environment of the store's client"
        )
    return given


def as_given(place: str | Path) -> str | Path:
    """Return the address of an object as text, and any other place, file:// among them, as a path.

    >>> as_given("s3://box/a.csv"), as_given("file:///in/a%20b.csv"), as_given("a.csv")
    ('s3://box/a.csv', PosixPath('/in/a b.csv'), PosixPath('a.csv'))
    """
    if isinstance(place, Path) or "://" not in place:
        return Path(place)
    return Path(unquote(urlsplit(place).path)) if place.startswith("file://") else place


Uri = Annotated[str, AfterValidator(_address)]


class ObjectInput(Layout):
    """Answers in a store: an object, CSV or Parquet, or all Parquet below a prefix."""

    kind: Literal["object"]
    uri: Uri = Field(repr=False, description="As s3://bucket/key, endpoint and region in its query or the environment.")
    columns: dict[str, str] = Field({}, description="our name -> name in the object")

    @model_validator(mode="after")
    def _in_chunks(self) -> Self:
        if self.answers_form == "long" or self.sheets:
            raise ValueError("answers_form: long and sheets are for files")
        return self


class ObjectOutput(Section):
    """Scores in a store, rows set aside beside them; the manifest is written last, and where it is all is there."""

    kind: Literal["object"]
    uri: Uri = Field(repr=False, description="As s3://bucket/key.parquet.")
    work: Path | None = Field(
        None, description="Folder on this machine where chunks wait until all are done; none: the current one."
    )
