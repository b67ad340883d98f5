"""What a run writes about itself: beside its output when it is done, and in its hidden folder meanwhile."""

import datetime as dt
import json

from pydantic import BaseModel

from eriq import __version__
from eriq.scoring.options import Show


class Said(BaseModel, frozen=True, extra="forbid"):
    """A part of what a run says about itself."""


class Begun(Said):
    """What a run that may be continued must know: which job it is, and what it began with."""

    job: str  # digest of input, model and options
    model: str
    folder: str  # of the model, where an alias may point elsewhere by then
    today: dt.date


class ScoredBy(Said):
    """The model of a run."""

    name: str
    seal: str
    instrument: dict[str, str] | None  # id, version and digest; none: trained on a ready table


class Shown(Said):
    """What a run shows of each row."""

    show: Show
    language: str
    reasons: int


class Counts(Said):
    """What became of the rows of a run."""

    read: int
    scored: int
    set_aside: int


class RankRules(Said):
    """How a run was ranked, in words, and how many rows were left out."""

    order: str = "rank 1 is the highest probability"
    ties: str
    do_not_rank: str
    not_ranked: int | None = None
    capacity: str | None = None
    open: int | None = None  # rows of a tie across the last place


class RunManifest(Said):
    """What a finished run says about itself; nothing in it changes with the clock."""

    eriq: str = __version__
    name: str
    model: ScoredBy
    input: dict[str, str]  # the stamp of the source
    today: str
    shown: Shown
    chunk_rows: int
    job: str
    counts: Counts


class FileManifest(RunManifest):
    """The manifest beside files: with ranks where asked for, and the digest of each file."""

    rank: RankRules | None = None
    sha256: dict[str, str]
    cells: str

    def to_json(self) -> str:
        """Return the text of the file; ranks are in it only where there are some."""
        content = self.model_dump(mode="json")
        if self.rank is None:
            del content["rank"]
        else:
            content["rank"] = self.rank.model_dump(exclude_none=True)
        return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


class StoredChunk(Said):
    """A chunk that is on the disk."""

    chunk: int
    scored: int
    set_aside: int
    sha256: dict[str, str]  # of its parts, by what is in them
