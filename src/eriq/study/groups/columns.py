"""Which group each row belongs to, by every audit column and every declared pair of them."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from eriq.config import Groups
from eriq.disclosure import min_people
from eriq.errors import ConfigError, nearest
from eriq.study.design.design import IDENTIFYING

UNKNOWN = "not known"  # no group: it is counted, and compared with nobody
BETWEEN = " x "


def group_labels(rows: pd.DataFrame, plan: Groups) -> pd.DataFrame:
    """Return the group of each row: one column per audit column and per pair of them.

    Parameters
    ----------
    rows : DataFrame of shape (n_rows, any)
        As in `Design.rows`.
    plan : Groups
        Without columns of its own: all there are with two groups or more. Without pairs: sex with arm, if both are.

    Raises
    ------
    ConfigError
        When the config names a column that the rows do not have.

    Examples
    --------
    >>> rows = pd.DataFrame({"client_id": [*"abcdefghijkl"], "sex": ["f", "m"] * 5 + ["x", None]})
    >>> group_labels(rows, Groups())["sex"].tolist()[-3:]
    ['m', 'groups of fewer than 5 people', 'not known']
    """
    there = sorted((str(name) for name in rows if name not in IDENTIFYING), key=lambda name: name == "job_centre")
    named = there if plan.columns is None else list(plan.columns)
    pairs = plan.intersections
    if pairs is None:
        pairs = (("sex", "arm"),) if {"sex", "arm"} <= set(there) else ()
    for name in (*named, *(name for pair in pairs for name in pair)):
        if name not in there:
            raise ConfigError(f"groups: there is no audit column '{name}' in these data.{nearest(name, there)}")
    client = pd.factorize(rows["client_id"])[0]
    made = {name: _named(rows[name], client) for name in named}
    for pair in pairs:
        crossed = rows[pair[0]].astype("str") + ", " + rows[pair[1]].astype("str")
        known = rows[list(pair)].notna().all(axis="columns")
        made[BETWEEN.join(pair)] = _named(crossed.where(known), client)
    several = {name: groups for name, groups in made.items() if len(known_groups(groups)) > 1}
    return pd.DataFrame(several, index=rows.index)


def known_groups(labels: pd.Series) -> list[str]:
    """Return the groups of a column, sorted; who is in none is left out."""
    return sorted(set(labels.unique()) - {UNKNOWN})


def few_words(names: Sequence[str]) -> str:
    """Return names of columns as a sentence has them.

    >>> few_words(["sex", "job_centre"])
    'sex and job centre'
    """
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names).replace("_", " ")


def _named(groups: pd.Series, client: np.ndarray) -> pd.Series:
    """Return the groups as text: those of a handful of people together, gaps as not known."""
    text = groups.astype("str").where(groups.notna())
    code, names = pd.factorize(text)
    rows = np.bincount(code[code >= 0], minlength=len(names))
    small = rows < min_people() * np.bincount(client[client >= 0]).max(initial=1)  # more rows are more people for sure
    looked = np.flatnonzero(np.append(small, False)[code])
    pairs = pd.DataFrame({"code": code[looked], "client": client[looked]}).drop_duplicates()
    people = np.where(small, np.bincount(pairs["code"], minlength=len(names)), rows)
    together = f"groups of fewer than {min_people()} people"  # the name of such a group could tell who is in it
    said = [name if count >= min_people() else together for name, count in zip(names, people, strict=True)]
    return pd.Series(pd.array([*said, UNKNOWN], dtype="str").take(code), index=groups.index, name=groups.name)
