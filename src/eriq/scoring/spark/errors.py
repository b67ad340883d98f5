"""Errors of a task and of Spark itself, each as one of our causes, without anybody's values."""

import json
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from eriq.errors import FAULT, EriqError, OutputError, SourceError

MARK = "ERIQ-ERROR"


class SparkError(EriqError):
    """Spark stopped before the job was done."""

    exit_code = 24


@contextmanager
def named_errors() -> Iterator[None]:
    """Pass on the cause by name; the text of an unexpected error could hold a person's values."""
    try:
        yield
    except GeneratorExit:
        raise
    except EriqError as error:
        told = {"exit_code": error.exit_code, "text": str(error)}
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        told = {"exit_code": FAULT, "text": f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno}"}
    else:
        return
    raise RuntimeError(f"{MARK}{json.dumps(told)}{MARK}") from None


def raise_ours(text: str, given: Path) -> NoReturn:
    """Raise the cause that a task named, or the one that Spark's own text is known to stand for."""
    if text.count(MARK) >= 2:
        told = json.loads(text.split(MARK)[1])
        causes = {cause.exit_code: cause for cause in _subclasses(EriqError)}
        if cause := causes.get(told["exit_code"]):
            raise cause(told["text"]) from None
        raise SparkError(f"a fault of ours in a task ({told['text']}); please report it") from None
    if "No space left on device" in text:
        raise OutputError("the disk is full; nothing was written under the final name") from None
    for sign in ("ParquetDecodingException", "FAILED_READ_FILE", "ParquetFileReader"):
        if sign in text:
            raise SourceError(f"Spark cannot read a Parquet file of {given.name}") from None
    raise SparkError("Spark stopped before the job was done; its own log says why. Nothing was written") from None


def _subclasses(cause: type[EriqError]) -> Iterator[type[EriqError]]:
    for child in cause.__subclasses__():
        yield child
        yield from _subclasses(child)
