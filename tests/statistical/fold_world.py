"""Clients with registers and a questionnaire, and a ridge logistic quick enough for thousands of cross-validations."""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.special import expit

from eriq.study.evaluation.fold_interval import FoldForecasts, fold_pairs

REGISTERS, ITEMS = 12, 22
_FIXED = np.random.default_rng(7)
REGISTER_LOADING = _FIXED.uniform(0.2, 0.7, REGISTERS)
ITEM_LOADING = _FIXED.uniform(0.45, 0.85, ITEMS)
DOMAIN = np.repeat(np.arange(5), [5, 5, 4, 4, 4])
TELLS = np.array([1.0, 0.7, 0.4, 0.2, 0.0]) / np.sqrt(1.69)
ITEM_GAPS = np.zeros(ITEMS)
ITEM_GAPS[[2, 5, 9, 13, 17, 20]] = (0.03, 0.06, 0.1, 0.04, 0.08, 0.05)
REGISTER_GAPS = np.zeros(REGISTERS)
REGISTER_GAPS[[4, 9]] = (0.10, 0.2)
LEVEL, REGISTER_EFFECT, ITEM_EFFECT, CLIENT_SD = -1.80, 0.62, 0.70, 0.9  # 20 % have the outcome
PENALTY = 0.01  # C of the recipe


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Rows of clients in order."""

    registers: np.ndarray  # (n, REGISTERS), NaN where unknown
    items: np.ndarray  # (n, ITEMS)
    outcome: np.ndarray
    client: np.ndarray
    waves: np.ndarray  # per client


def draw(rng: np.random.Generator, clients: int) -> Sample:
    """Return clients with 2.9 waves on average, whose outcomes resemble each other."""
    waves = np.minimum(1 + rng.poisson(1.9, clients), 9)
    client = np.repeat(np.arange(clients), waves)
    n = len(client)
    register = rng.standard_normal(clients)
    lasting = rng.standard_normal((clients, 5)) * np.sqrt(0.6) + 0.15 * register[:, None]
    domains = lasting[client] + rng.standard_normal((n, 5)) * np.sqrt(0.4)
    noise = np.sqrt(1 - REGISTER_LOADING**2) * rng.standard_normal((clients, REGISTERS))
    fixed = REGISTER_LOADING * register[:, None] + noise
    registers = 0.92 * fixed[client] + 0.39 * rng.standard_normal((n, REGISTERS))
    registers[:, 0:4] = (registers[:, 0:4] > np.array([-0.5, 0.0, 0.5, 1.0])).astype(float)
    registers[:, 4:7] = np.floor(np.exp(0.8 * registers[:, 4:7]))
    style = rng.standard_normal((clients, ITEMS)) * 0.6
    answers = style[client] + 0.8 * rng.standard_normal((n, ITEMS))
    items = ITEM_LOADING * domains[:, DOMAIN] + np.sqrt(1 - ITEM_LOADING**2) * answers
    items = np.clip(np.round(2.0 + 1.1 * items), 0, 4)
    registers[rng.random((n, REGISTERS)) < REGISTER_GAPS] = np.nan
    items[rng.random((n, ITEMS)) < ITEM_GAPS] = np.nan
    line = LEVEL + REGISTER_EFFECT * register[client] + ITEM_EFFECT * (domains @ TELLS)
    line += CLIENT_SD * rng.standard_normal(clients)[client]
    return Sample(registers, items, (rng.random(n) < expit(line)).astype(np.int8), client, waves)


def exchanged(rng: np.random.Generator, values: np.ndarray, waves: np.ndarray) -> np.ndarray:
    """Return rows exchanged between clients who have as many of them."""
    given, start = values.copy(), np.concatenate([[0], np.cumsum(waves)[:-1]])
    for count in np.unique(waves):
        rows = start[waves == count][:, None] + np.arange(count)
        given[rows] = values[rows[rng.permutation(len(rows))]]
    return given


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Columns as given, one gap flag for each that has gaps, then 1; gaps take the median of who trains."""

    values: np.ndarray
    with_gaps: np.ndarray

    @classmethod
    def of(cls, matrix: np.ndarray) -> "Columns":
        """Return the columns of a matrix with gaps."""
        gaps = np.isnan(matrix)
        some = np.flatnonzero(gaps.any(axis=0))
        return cls(np.column_stack([matrix, gaps[:, some].astype(float), np.ones(len(matrix))]), some)

    def filled(self, medians: np.ndarray) -> np.ndarray:
        """Return the columns without gaps."""
        made = self.values.copy()
        for column, median in zip(self.with_gaps, medians, strict=True):
            made[np.isnan(made[:, column]), column] = median
        return made

    def medians(self, train: np.ndarray) -> np.ndarray:
        """Return the medians of the columns with gaps."""
        return np.asarray(np.nanmedian(self.values[np.ix_(train, self.with_gaps)], axis=0))


def ridge(matrix: np.ndarray, outcome: np.ndarray) -> np.ndarray:
    """Return a ridge logistic on standardised columns, in units of the columns; the last coefficient is free."""
    variance = matrix.var(axis=0)
    penalty = variance / PENALTY
    penalty[-1] = 0.0
    dead = variance < 1e-12
    dead[-1] = False
    penalty[dead] = 1.0
    beta = np.zeros(matrix.shape[1])
    beta[-1] = np.log(outcome.mean() / (1 - outcome.mean()))
    for _ in range(25):
        e = expit(matrix @ beta)
        hessian = (matrix * (e * (1 - e))[:, None]).T @ matrix
        hessian[np.diag_indices(len(beta))] += penalty
        step = cho_solve(cho_factor(hessian), matrix.T @ (outcome - e) - penalty * beta)
        beta += step
        if np.max(np.abs(step) * np.sqrt(variance + 1e-12)) < 1e-6:
            break
    beta[dead] = 0.0
    return beta


def forecasts(columns: Columns, outcome: np.ndarray, train: np.ndarray) -> np.ndarray:
    """Return log-odds for every row from a fit on `train`."""
    made = columns.filled(columns.medians(train))
    return made @ ridge(made[train], outcome[train])


def cross_validated(rng: np.random.Generator, sample: Sample, folds: int = 5) -> FoldForecasts:
    """Return forecasts of registers, and of registers with the questionnaire, fold by fold."""
    clients = len(sample.waves)
    positives = np.bincount(sample.client, weights=sample.outcome)
    shuffled = rng.permutation(clients)
    order = shuffled[np.lexsort((sample.waves[shuffled], positives[shuffled]))]
    label = np.empty(clients, dtype=np.int64)
    label[order] = np.arange(clients) % folds
    fold = label[sample.client]
    both = (Columns.of(sample.registers), Columns.of(np.column_stack([sample.registers, sample.items])))
    forecast = np.empty((1, len(fold), 2))
    for c, columns in enumerate(both):
        for k in range(folds):
            test = fold == k
            forecast[0, test, c] = forecasts(columns, sample.outcome, np.flatnonzero(~test))[test]
    without = {}
    for k, other in fold_pairs(folds):
        train = np.flatnonzero((fold != k) & (fold != other))
        without[0, k, other] = np.column_stack([forecasts(columns, sample.outcome, train) for columns in both])
    return FoldForecasts(sample.outcome, sample.client, fold[None], forecast, without)


def true_difference(sample: Sample, big: Sample, share: float = 0.8) -> float:
    """Return the difference of AUCs in many new clients of models trained on the first clients of a sample."""
    from eriq.study.evaluation.metrics import auc

    train = np.flatnonzero(sample.client < share * len(sample.waves))
    values = []
    for mine, theirs in (
        (sample.registers, big.registers),
        (np.column_stack([sample.registers, sample.items]), np.column_stack([big.registers, big.items])),
    ):
        columns = Columns.of(mine)
        medians = columns.medians(train)
        beta = ridge(columns.filled(medians)[train], sample.outcome[train])
        gaps = np.isnan(theirs[:, columns.with_gaps]).astype(float)
        new = Columns(np.column_stack([theirs, gaps, np.ones(len(theirs))]), columns.with_gaps)
        values.append(auc(big.outcome, expit(new.filled(medians) @ beta)))
    return values[1] - values[0]
