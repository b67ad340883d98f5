"""What a model should reach if its forecasts are calibrated: an estimate, before anybody's outcome is known."""

import numpy as np

from eriq.study.evaluation.metrics import auc


def expected(probability: np.ndarray) -> dict[str, float]:
    """Return the AUC, Brier score and log loss that calibrated forecasts lead one to expect.

    Every forecast counts as an event with its probability, and as none with the rest. If the forecasts are not
    calibrated for these people, neither is this.

    References
    ----------
    NannyML (2022), Confidence-based performance estimation, documentation of version 0.6.

    Examples
    --------
    >>> {name: round(x, 3) for name, x in expected(np.array([0.5, 0.5, 0.5])).items()}
    {'auc': 0.5, 'brier': 0.25, 'log_loss': 0.693}
    """
    p = np.clip(np.asarray(probability, dtype=np.float64), 1e-12, 1 - 1e-12)
    twice = np.concatenate([p, p])
    happened = np.concatenate([np.ones(len(p), "int8"), np.zeros(len(p), "int8")])
    pairs, own = p.sum() * (1 - p).sum(), (p * (1 - p)).sum()  # nobody is compared with themselves
    both = auc(happened, twice, np.concatenate([p, 1 - p]))
    return {
        "auc": float((both * pairs - own / 2) / (pairs - own)),
        "brier": float((p * (1 - p)).mean()),
        "log_loss": float(-(p * np.log(p) + (1 - p) * np.log(1 - p)).mean()),
    }
