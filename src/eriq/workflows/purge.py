"""What is kept about people beyond its use: found, counted and removed."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from eriq.decisions.chain import logs_below
from eriq.errors import SourceError, bullets
from eriq.registry.tracking import HOME
from eriq.scoring.sinks.leftovers import abandoned, newest, remove
from eriq.study.reporting.folders import earlier_reports

KINDS: Mapping[str, Callable[[], list[Path]]] = {
    "finished contenders, for --resume of a training": lambda: sorted((HOME / "cache").glob("*.npy")),
    "held-out forecasts, for the comparison at a promotion": lambda: sorted((HOME / "held_out").glob("*.parquet")),
    "reports of earlier trainings, the newest of each config left out": lambda: earlier_reports(HOME / "reports"),
}
LOGS = "logs of decisions, which stay: a line cannot go without the chain (docs/decisions.md says what can be done)"
LEFT_BEHIND = "left behind by runs that were killed"


@dataclass(frozen=True, slots=True)
class Kept:
    """Files or folders of one kind that are older than was asked."""

    kind: str
    paths: tuple[Path, ...]

    @property
    def size(self) -> int:
        """How many bytes they hold."""
        return sum(part.stat().st_size for path in self.paths for part in (path, *path.rglob("*")) if part.is_file())

    def __str__(self) -> str:
        return f"{self.kind}: {len(self.paths):,}, {self.size / 1e6:,.1f} MB"


def kept(older_than_days: float, folders: Sequence[Path] = (Path(),)) -> list[Kept]:
    """Return what is kept about people and was not written to for so many days.

    Parameters
    ----------
    older_than_days : float
    folders : sequence of Path
        Below them, folders and drafts of killed runs are looked for; those that somebody works in are left out.

    Raises
    ------
    SourceError
        When one of the folders is none.
    """
    if missing := [str(folder) for folder in folders if not folder.is_dir()]:
        raise SourceError(f"there is no folder {', '.join(missing)}")
    limit = time.time() - older_than_days * 86_400

    def old(paths: Iterable[Path]) -> tuple[Path, ...]:
        return tuple(path for path in paths if newest(path) <= limit)

    found = [Kept(kind, old(paths())) for kind, paths in KINDS.items()]
    found.append(Kept(LEFT_BEHIND, old(dict.fromkeys(_left_behind(folders)))))
    found.append(Kept(LOGS, old(dict.fromkeys(log for folder in folders for log in logs_below(folder)))))
    return [some for some in found if some.paths]


def _left_behind(folders: Sequence[Path]) -> Iterator[Path]:
    for folder in folders:
        yield from abandoned(folder)


def purge(older_than_days: float, folders: Sequence[Path] = (Path(),), *, yes: bool = False) -> str:
    """List what is kept about people, or with `yes` remove it.

    Raises
    ------
    SourceError
        When one of the folders is none.
    """
    found = kept(older_than_days, folders)
    if not found:
        return f"nothing is kept about people that is older than {older_than_days:g} days"
    going, logs = ([some for some in found if (some.kind == LOGS) is stays] for stays in (False, True))
    lines = [
        line for some in going for line in (str(some), *(f"  {p}" for p in some.paths if some.kind == LEFT_BEHIND))
    ]
    told = [bullets("not removed, with --yes neither:", [str(some), *map(str, some.paths)]) for some in logs]
    if going and not yes:
        told.insert(0, bullets(f"older than {older_than_days:g} days; --yes removes it:", lines))
    elif going:
        stayed = [path for some in going for path in some.paths if not remove(path)]
        left = f"; {len(stayed):,} could not be removed or came into use meanwhile" if stayed else ""
        told.insert(0, bullets(f"removed{left}:", lines))
    return "\n".join(told)
