"""Gaps between groups with intervals that hold together: the largest of all studentised gaps over draws of clients."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import combinations_with_replacement

import numpy as np

from eriq.study.evaluation.bootstrap import PARTS, client_weights, random_parts
from eriq.study.groups.sides import Side

SPREAD = 10  # people, of all sides of a gap together
BLOCK = 4_000_000  # clients x replicates handled at once, 32 MB
MANY_CLIENTS = 20_000  # above it, draws are of random parts of the clients


@dataclass(frozen=True, slots=True, eq=False)
class Contrast:
    """A sum of measures of several sides, each with its sign: a group less the rest, or a difference of two gaps."""

    sides: tuple[Side, ...]
    signs: tuple[int, ...] = (1, -1)

    @property
    def varies(self) -> bool:
        """Whether `SPREAD` people or more count in a rate, and as many do not, so that no draw is without either."""
        sums = np.concatenate([side.sums for side in self.sides])
        count, whole = sums[:, 0], sums[:, 1]
        return bool(min((count != 0).sum(), (count != whole).sum()) >= SPREAD)

    def summed(self, part: np.ndarray, parts: int) -> "Contrast":
        """Return the same of `parts` parts of the clients, told the part of each."""
        sides = [
            replace(side, sums=np.column_stack([np.bincount(part, sums, parts) for sums in side.sums.T]))
            for side in self.sides
        ]
        return Contrast(tuple(sides), self.signs)


@dataclass(frozen=True, slots=True)
class Gap:
    """A contrast with its simultaneous interval, and its first side with an interval of its own."""

    estimate: float
    se: float
    low: float
    high: float
    side: float
    side_low: float
    side_high: float


@dataclass(frozen=True, slots=True, eq=False)
class Together:
    """All gaps of a family, and how many standard errors wide each interval is to either side."""

    gaps: tuple[Gap, ...]
    width: float


class Family:
    """Gaps whose intervals are to hold all at once; of each it keeps what is drawn, and not its sides.

    Parameters
    ----------
    replicates, seed, level
        As in `bootstrap`; the draws are the same.
    workers : int
        Threads, which change the time.
    """

    def __init__(self, *, replicates: int, seed: int, level: float, workers: int = 1) -> None:
        self.replicates, self.seed, self.level, self.workers = replicates, seed, level, workers
        self._once: list[Measured] = []
        self._sums: list[_Sums] = []

    def add(self, contrast: Contrast) -> int:
        """Add a contrast, on the same clients as those before it, and return its place."""
        sums = _sums_of(contrast)
        clients = len(sums.columns)
        inflated = np.array([_leverage(side) for side in contrast.sides])
        self._once.append(_measured(sums, np.ones((1, clients)), inflated))
        many = clients > MANY_CLIENTS
        self._sums.append(_sums_of(contrast.summed(random_parts(clients, self.seed), PARTS)) if many else sums)
        return len(self._sums) - 1

    def together(self) -> Together:
        """Return every gap with an interval such that all of them hold at once in a share `level` of samples.

        On each draw of clients every gap is divided by the standard error of that draw; the quantile of the largest of
        them in absolute value is the width of all intervals, in standard errors. A side whose rows show less spread
        than all sides of its contrast together would at its number of people is given theirs: nobody picked of fifteen
        is no proof that nobody would be. The same holds within every draw.

        Of more than `MANY_CLIENTS` clients, random parts of equal size are drawn in their place, as `bootstrap` does;
        gaps and standard errors of the sample are of all clients as they are.

        References
        ----------
        Romano and Wolf (2005), Econometrica 73, 1237-1282 (studentised maximum); Davison and Hinkley (1997), Bootstrap
        Methods and their Application, section 5.2 (studentised bootstrap); Obuchowski (1997), Biometrics 53, 567-578
        (AUC of clustered rows); MacKinnon, Nielsen and Webb (2023), Journal of Applied Econometrics 38, 671-694
        (jackknife).
        """
        if not self._sums:
            return Together((), np.nan)
        blocks = _blocks(len(self._sums[0].columns), self.replicates, self.seed)
        with ThreadPoolExecutor(self.workers) as pool:
            drawn = [_studentised(self._sums, self._once, weights, pool) for weights in blocks]
        gap_t, side_t = (np.concatenate([part[k] for part in drawn]) for k in (0, 1))  # (replicates, contrasts)
        width = float(np.quantile(gap_t.max(axis=1), self.level, method="higher"))
        own = np.quantile(side_t, self.level, axis=0, method="higher")
        gaps = []
        for at, q in zip(self._once, own.tolist(), strict=True):
            gap, se, side, side_se = (float(part[0]) for part in at)
            gaps.append(Gap(gap, se, gap - width * se, gap + width * se, side, side - q * side_se, side + q * side_se))
        return Together(tuple(gaps), width)


def _blocks(clients: int, replicates: int, seed: int) -> Iterator[np.ndarray]:
    """Yield draws of clients, (replicates, clients) in a few large blocks."""
    held: list[np.ndarray] = []
    for piece in client_weights(np.arange(clients), replicates, seed):
        held.append(piece)
        if sum(map(len, held)) >= BLOCK // clients:
            yield np.concatenate(held)
            held = []
    if held:
        yield np.concatenate(held)


@dataclass(frozen=True, slots=True, eq=False)
class _Sums:
    """What a contrast takes of every client: the sums of its sides, and their products for the variance."""

    offsets: tuple[float, ...]  # of the sides
    people: np.ndarray
    signs: np.ndarray
    owner: np.ndarray  # the side of each sum
    pairs: list[tuple[int, int]]  # of sums that some client has both of
    columns: np.ndarray  # (clients, sums and pairs)


def _sums_of(contrast: Contrast) -> _Sums:
    sums = np.hstack([side.sums for side in contrast.sides])
    owner = np.repeat(np.arange(len(contrast.sides)), [side.sums.shape[1] for side in contrast.sides])
    products = {
        (i, j): product
        for i, j in combinations_with_replacement(range(sums.shape[1]), 2)
        if (product := sums[:, i] * sums[:, j]).any()
    }
    return _Sums(
        tuple(side.offset for side in contrast.sides),
        np.array([side.people for side in contrast.sides], dtype=np.float64),
        np.asarray(contrast.signs),
        owner,
        list(products),
        np.column_stack([sums, *products.values()]),
    )


Measured = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def _studentised(
    sums: Sequence[_Sums], once: Sequence[Measured], weights: np.ndarray, pool: ThreadPoolExecutor
) -> tuple[np.ndarray, np.ndarray]:
    """Return |gap less that of the sample| / standard error on every draw, and the same of each first side."""
    gaps, sides = np.empty((2, len(weights), len(sums)))
    measured = pool.map(lambda of: _measured(of, weights), sums)
    with np.errstate(divide="ignore", invalid="ignore"):
        for k, (at, (gap, se, side, side_se)) in enumerate(zip(once, measured, strict=True)):
            gaps[:, k] = np.abs(gap - at[0]) / se
            sides[:, k] = np.abs(side - at[2]) / side_se
    # A draw without anybody who counts cannot be studentised; it is as far away as any.
    return np.nan_to_num(gaps, nan=np.inf, posinf=np.inf), np.nan_to_num(sides, nan=np.inf, posinf=np.inf)


def _leverage(side: Side) -> float:
    """Return how many times larger the variance is when each client is left out in turn, than from its influence.

    The sample's own standard errors are those of this jackknife, which with few clients are never too small, and those
    of draws are not: leaving out everybody on every draw would cost as many times more.
    """
    totals = side.sums.sum(axis=0)
    ratios = totals[0::2] / totals[1::2]
    influence = (side.sums[:, 0::2] - ratios * side.sums[:, 1::2]) / totals[1::2]
    with np.errstate(divide="ignore", invalid="ignore"):
        left = influence / (1 - side.sums[:, 1::2] / totals[1::2])
    plain, jackknife = ((part.sum(axis=1) ** 2).sum() for part in (influence, left))
    return float(jackknife / plain) if plain > 0 else 1.0


def _measured(of: _Sums, weights: np.ndarray, inflated: np.ndarray | float = 1.0) -> Measured:
    """Return gap, its standard error, first side and its standard error, each of shape (replicates,)."""
    signs, owner, people = of.signs, of.owner, of.people
    totals, products = np.split(weights @ of.columns, [len(owner)], axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios, share = totals[:, 0::2] / totals[:, 1::2], 1 / totals[:, 1::2]
    influence = np.empty_like(totals)  # of a client on its side: these, times its sums
    influence[:, 0::2], influence[:, 1::2] = share, -ratios * share
    values = np.stack([at + ratios[:, owner[0::2] == s].sum(axis=1) for s, at in enumerate(of.offsets)], axis=1)
    own = np.zeros_like(values)  # variances of the sides
    between = np.zeros(len(weights))  # clients with rows on two sides
    for (i, j), product in zip(of.pairs, products.T, strict=True):
        part = (1 if i == j else 2) * influence[:, i] * influence[:, j] * product
        if owner[i] == owner[j]:
            own[:, owner[i]] += part
        else:
            between += signs[owner[i]] * signs[owner[j]] * part
    alike = (own * people**2).sum(axis=1) / people.sum()  # variance per person, all sides together
    spread = np.maximum(own, alike[:, None] / people) * inflated
    variance = spread.sum(axis=1) + between
    return values @ signs, np.sqrt(np.maximum(variance, 0.0)), values[:, 0], np.sqrt(spread[:, 0])
