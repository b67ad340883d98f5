"""What can go wrong, one class per cause, each with the exit code the command line ends with."""

from collections.abc import Iterable


class EriqError(Exception):
    """Base of every error that is shown as one paragraph, without a traceback."""

    exit_code = 1
    whole = False  # whether a long list of problems is shown to its end


class ConfigError(EriqError):
    """A config file cannot be used as it stands."""

    exit_code = 10


class SchemaError(EriqError):
    """A table breaks its contract; the text has counts and row numbers, never values."""

    exit_code = 11


class LeakageError(EriqError):
    """Something is used before it could be known, or a person sits on both sides of a split."""

    exit_code = 12


class BundleError(EriqError):
    """A saved model is not what its manifest says, or is not ours."""

    exit_code = 13


class InstrumentError(EriqError):
    """A questionnaire file is wrong, or is not the one a model was trained on."""

    exit_code = 14


class CohortError(EriqError):
    """No usable population: everyone excluded, all outcomes censored, or one class only."""

    exit_code = 15


class OutputError(EriqError):
    """A result cannot be written where it was asked for."""

    exit_code = 16


class SourceError(EriqError):
    """A file or database cannot be read."""

    exit_code = 17


class ResumeError(EriqError):
    """An interrupted job cannot be continued, because something changed since."""

    exit_code = 18


class BusyError(EriqError):
    """Another eriq process is writing to the same place."""

    exit_code = 19


class PromotionError(EriqError):
    """A model does not pass the declared gates."""

    exit_code = 20


class DependencyError(EriqError):
    """An optional part of eriq is asked for and not installed."""

    exit_code = 21


class TrackingError(EriqError):
    """The tracking server or its database cannot be used."""

    exit_code = 22


class DatabaseError(EriqError):
    """A database refuses, is locked, or its connection was lost; whole chunks stored before stay."""

    exit_code = 23


class CountError(EriqError):
    """Rows came in that are neither scored nor set aside, or more came out than in."""

    exit_code = 25


class ChainError(EriqError):
    """A log or a dossier is not what was signed or written: something in it was changed, removed or added."""

    exit_code = 26


class ShiftError(EriqError):
    """People of a batch are not as those of training, and its config refuses to score them then."""

    exit_code = 27


SOME_SET_ASIDE = 3  # scoring ended well, and some rows were set aside with their reason
ALARM = 4  # monitoring ended well, and what it watches has moved
FAULT = 70  # of ours, not foreseen
INTERRUPTED = 130


def bullets(head: str, lines: Iterable[str]) -> str:
    """Return `head` and one indented line for each of `lines`.

    >>> print(bullets("two problems", ["a", "b"]))
    two problems
      - a
      - b
    """
    return "\n  - ".join([head, *lines])


SHOWN = 10  # problems of one error, unless the whole list is asked for


def shortened(text: str) -> str:
    r"""Return the first problems of a long list, with the hint how to see all.

    >>> print(*shortened(bullets("12 problems", map(str, range(12)))).splitlines()[-2:], sep="\n")
      - 9
      ... and 2 more; the whole list: eriq check FILE --all
    """
    head, *lines = text.split("\n  - ")
    if len(lines) <= SHOWN:
        return text
    return (
        bullets(head, lines[:SHOWN]) + f"\n  ... and {len(lines) - SHOWN} more; the whole list: eriq check FILE --all"
    )


def nearest(name: str, known: Iterable[str]) -> str:
    """Return a hint naming the known name closest to `name`, or an empty text.

    >>> nearest("belif", ["belief", "client"])
    " Did you mean 'belief'?"
    """
    import difflib

    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f" Did you mean '{close[0]}'?" if close else ""
