"""Who answered a new period, against training: caseworkers as a body, never one of them, and which halves."""

from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd
from scipy.stats import binomtest, norm, t

from eriq.disclosure import min_people
from eriq.model.around import STAFF, Around, mean_beliefs
from eriq.model.distributions import Binned, counted
from eriq.monitoring.shift import LEAST, MOVED, POWER, QUIET, UNKNOWN, compare, findable
from eriq.pages import number
from eriq.tables.results import as_result

GAPS = dict.fromkeys(("training", "period", "estimate", "low", "high"), np.nan)
WORTH_BELIEF = 0.5  # standard deviations of caseworkers' means: a medium difference (Cohen 1988)


def body(kept: Around | None, rows: pd.DataFrame, before: Collection[str] | None, alpha: float = 0.05) -> pd.DataFrame:
    """Return MONITOR_BODY: mean belief over caseworkers, how they spread, and how many are new since training.

    Every caseworker is one value, the mean over clients, so that a difference of means holds however many clients each
    has (Welch); the spread of such means does depend on that, so shares by band stand without a verdict.

    Parameters
    ----------
    kept : Around, optional
        Of training.
    rows : DataFrame of shape (n_rows, any)
        client_id, caseworker_id and belief (places), in order of days.
    before : collection of str, optional
        Ids of training's caseworkers, where its answers were given: a model keeps none.
    alpha : float

    References
    ----------
    Welch (1947), Biometrika 34, 28-35; for shares Wilson (1927), JASA 22, 209-212.
    """
    means = mean_beliefs(rows)
    then = kept.caseworkers if kept else None
    found: list[dict[str, object]] = []
    line: dict[str, object] = {**GAPS, "of": "mean belief", "band": "", "n": len(means), "fewest": len(means)}
    line |= {"verdict": UNKNOWN}
    if len(means) < STAFF:
        found.append(line | {"n": pd.NA, "why": f"fewer than {STAFF} caseworkers with a belief in this period"})
    elif then is None or then.mean is None or not then.sd:
        found.append(line | {"period": float(means.mean()), "why": "the model keeps nothing of training's caseworkers"})
    else:
        found.append(line | _difference(then, means, alpha))
        found += _bands(then, means)
    return as_result("monitor_body", pd.DataFrame([*found, *_new(rows, before)]))


def _difference(then: Binned, means: np.ndarray, alpha: float) -> dict[str, object]:
    """Return the difference of means over caseworkers in standard deviations of training, by Welch, and a verdict."""
    k, trained, old, sd = len(means), sum(then.counts), then.mean or 0.0, then.sd or 1.0
    parts = sd**2 / trained, float(means.var(ddof=1)) / k
    se = float(np.sqrt(sum(parts))) / sd
    df = sum(parts) ** 2 / (parts[0] ** 2 / (trained - 1) + parts[1] ** 2 / (k - 1))
    reach, d = float(t.ppf(1 - alpha / 2, df)), (float(means.mean()) - old) / sd
    able = (reach + float(norm.ppf(POWER))) * se <= WORTH_BELIEF
    verdict = MOVED if abs(d) > reach * se else QUIET if able else UNKNOWN
    return {
        "training": old, "period": float(means.mean()), "estimate": d, "low": d - reach * se, "high": d + reach * se,
        "verdict": verdict,
        "why": "too few caseworkers to find half a standard deviation" if verdict == UNKNOWN else "",
    }  # fmt: skip


def _bands(then: Binned, means: np.ndarray) -> list[dict[str, object]]:
    """Return the share of caseworkers in each band of mean belief that training had at least five in."""
    now, old = counted(means, then.edges)[:-1], np.asarray(then.counts[:-1])
    ends = ["lowest", *(number(edge, 2) for edge in then.edges), "highest"]
    return [
        {
            "of": "caseworkers by mean belief", "band": f"{ends[i]} to {ends[i + 1]}", "n": int(now[i]),
            "fewest": int(now[i]), "training": float(old[i] / old.sum()), "period": float(now[i] / now.sum()),
            "verdict": "", "why": "",
        }
        for i in range(len(now))
    ]  # fmt: skip


def _new(rows: pd.DataFrame, before: Collection[str] | None) -> list[dict[str, object]]:
    """Return the shares of caseworkers who were not there in training, and of clients whose they are."""
    known = rows.dropna(subset=["caseworker_id"])
    known = known.assign(new=~known["caseworker_id"].isin(set(before or ())))
    staff = known.drop_duplicates("caseworker_id")["new"].to_numpy(bool)
    clients = known.drop_duplicates("client_id")["new"].to_numpy(bool)
    why = f"fewer than {STAFF} caseworkers" if len(staff) < STAFF else ""
    why = "the answers of training were not given (training_answers)" if before is None else why
    few = min(int(staff.sum()), int((~staff).sum()))
    made: list[dict[str, object]] = []
    for of, new in (("caseworkers new since training", staff), ("people of caseworkers new since training", clients)):
        line: dict[str, object] = {"of": of, "band": "", "n": pd.NA, "fewest": 0, "verdict": UNKNOWN, "why": why}
        if not why and few < min_people() and few:
            line |= {"why": "too few of either kind to be told"}
        elif not why:
            # Two kinds: nobody, or everybody, is no small group. Otherwise the smaller one decides.
            least = min(int(new.sum()), int((~new).sum())) or len(new)
            low, high = binomtest(int(new.sum()), len(new)).proportion_ci(method="wilson")
            line |= {"n": len(new), "fewest": least, "period": float(new.mean()), "low": low, "high": high}
            line |= {"verdict": "", "estimate": float(new.mean())}
        made.append(line)
    return made


def answered(kept: Around | None, words: pd.Series, alpha: float = 0.05) -> pd.DataFrame:
    """Return MONITOR_ANSWERED: shares of clients by the halves answered, then and now, one verdict for all.

    Parameters
    ----------
    kept : Around, optional
    words : Series of shape (n_clients,)
        Of `answered_words`, one per client.
    alpha : float

    References
    ----------
    Newcombe (1998), Statistics in Medicine 17, 873-890 (method 10), for intervals of differences.
    """
    then: Mapping[str, int] = kept.answered if kept else {}
    now = words.value_counts()
    names = sorted({*then, *(str(name) for name in now.index)})
    old, new = (np.array([int(x.get(name, 0)) for name in names]) for x in (then, now))
    p, verdict = np.nan, UNKNOWN
    possible = min(old.sum(), new.sum()) >= LEAST
    if possible and len(names) > 1:
        found = compare(old.tolist(), new, 1 - alpha, intervals=False)
        p, verdict = found["p"], _told(found, alpha)
    rows = []
    for name, a, b in zip(names, old, new, strict=True):
        line: dict[str, object] = {**GAPS, "answered": name, "n": int(b), "p": p, "verdict": verdict}
        if possible:
            low, high = newcombe(int(b), int(new.sum()), int(a), int(old.sum()), 1 - alpha)
            shares = float(a / old.sum()), float(b / new.sum())
            line |= {"training": shares[0], "period": shares[1], "estimate": shares[1] - shares[0]}
            line |= {"low": low, "high": high}
        rows.append(line)
    return as_result("monitor_answered", pd.DataFrame(rows))


def _told(found: Mapping[str, float], alpha: float) -> str:
    """Return the verdict of one test of counts: drift, none shown where an index of 0.1 would have been, or nothing."""
    if found["p"] < alpha:
        return MOVED
    return QUIET if findable(np.array(found["df"]), np.array(found["worth"]), alpha) else UNKNOWN


def newcombe(a: int, n: int, b: int, m: int, level: float = 0.95) -> tuple[float, float]:
    """Return the interval of the difference of shares a/n - b/m (Newcombe's method 10).

    >>> [round(x, 4) for x in newcombe(56, 70, 48, 80)]
    [0.0524, 0.3339]
    """
    p, q = a / n, b / m
    (low, high), (least, most) = (binomtest(*x).proportion_ci(level, method="wilson") for x in ((a, n), (b, m)))
    return float(p - q - np.hypot(p - low, most - q)), float(p - q + np.hypot(high - p, q - least))
