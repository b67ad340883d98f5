"""One seed per run, and a random stream of its own for every purpose."""

from collections.abc import Mapping

import numpy as np

# What follows the seed. The numbers of the study were given before the purposes had names; they stay, so that results
# of earlier versions can be had again. Purposes of a made-up cohort are spelt in bytes.
PURPOSES: Mapping[str, tuple[int, ...]] = {
    "bootstrap": (),  # number: of the replicate
    "folds": (),  # number: of folds
    "held-out order": (),
    "explained rows": (7,),
    "explained refits": (11,),
    "permutation": (13,),
    "stability refits": (17,),  # number: of the refit
    "self-test rows": (19,),
    "background": (23,),
    "folds of censored clients": (37,),
    "order of rows kept": (41,),
    "handover": (43,),
    "parts of clients": (47,),
    "clients to settle on": (53,),
    "permuted rows": (59,),
    **{
        purpose: tuple(purpose.encode())
        for purpose in (
            *("activation", "assignment", "careers", "caseworkers", "days", "drop-out", "events", "follow-up"),
            *("form", "futures", "history", "latent", "people", "response style"),
        )
    },
    "item": tuple(b"item "),  # name: of the item
    "missing half": tuple(b"missing half "),  # name: of the respondent
    "psychometrics": tuple(b"psychometrics "),  # name: of the scale or pair, and what is done with it
}
NUMBERED = ("bootstrap", "folds", "stability refits")
NAMED = ("item", "missing half", "psychometrics")


def stream(seed: int, purpose: str, *which: int | str) -> np.random.Generator:
    """Return the generator for one purpose, whatever else has been drawn.

    Parameters
    ----------
    seed : int
        Of the run; not negative.
    purpose : str
        One of `PURPOSES`.
    which : int or str
        Which of several streams of a purpose: one number if it is in `NUMBERED`, one name if in `NAMED`, else nothing.

    Raises
    ------
    ValueError
        If the purpose is not known, or a number or name is missing or given in vain.

    Examples
    --------
    >>> bool(stream(1, "bootstrap", 4).random() == stream(1, "bootstrap", 4).random())
    True
    >>> bool(stream(1, "people").random() == stream(1, "careers").random())
    False
    """
    if purpose not in PURPOSES:
        raise ValueError(f"no random stream is called '{purpose}'")
    named = purpose in NAMED
    if len(which) != (named or purpose in NUMBERED) or any(isinstance(part, str) != named for part in which):
        wanted = "one name" if named else "one number" if purpose in NUMBERED else "neither number nor name"
        raise ValueError(f"the random stream '{purpose}' takes {wanted}")
    parts = [byte for part in which for byte in (part.encode() if isinstance(part, str) else [part])]
    return np.random.default_rng([seed, *PURPOSES[purpose], *parts])
