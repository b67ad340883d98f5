"""Which half of a questionnaire says enough, and which fit a row gets."""

import numpy as np
import pandas as pd
import pytest

from eriq.features.halves import basis_words, fit_places, usable_halves
from eriq.instrument.instrument import Instrument

BOTH, CASEWORKER, CLIENT = ("caseworker", "client"), ("caseworker",), ("client",)


def answered(instrument: Instrument, caseworker: int, client: int) -> pd.DataFrame:
    """Return one row with so many answers in each half."""
    halves = {"caseworker": caseworker, "client": client}
    row = {
        item.id: instrument.levels(item.id)[0].code if place < n else None
        for who, n in halves.items()
        for place, item in enumerate(instrument.half(who))
    }
    return pd.DataFrame([row]).astype("Int8")


@pytest.mark.parametrize(("caseworker", "client"), [(7, 7), (6, 11), (11, 6), (6, 6), (7, 0)])
def test_a_half_counts_from_its_least_number_of_answers(instrument: Instrument, caseworker: int, client: int) -> None:
    """Seven answers of eleven are enough for a half, six are not, whatever the other half holds."""
    found = usable_halves(answered(instrument, caseworker, client), instrument).iloc[0]
    assert (found["caseworker"], found["client"]) == (caseworker >= 7, client >= 7)


def test_a_half_without_any_answer_never_counts(instrument: Instrument) -> None:
    """Where a questionnaire asks for no least number, a half nobody answered still says nothing."""
    none = instrument.model_copy(
        update={"minimum_answered": instrument.minimum_answered.model_copy(update={"client": 0})}
    )
    assert usable_halves(answered(none, 11, 0), none).iloc[0].tolist() == [True, False]
    assert usable_halves(answered(none, 11, 1), none).iloc[0].tolist() == [True, True]


def test_a_row_gets_the_first_fit_that_its_content_allows() -> None:
    """Halves and registers decide, each row for itself; what no fit takes gets none."""
    fits = [(BOTH, True), (BOTH, False), (CASEWORKER, True), (CASEWORKER, False), (CLIENT, False)]
    halves = pd.DataFrame({"caseworker": [1, 1, 1, 1, 0, 0], "client": [1, 1, 0, 0, 1, 0]}).astype(bool)
    known = np.array([1, 0, 1, 0, 1, 1], dtype=bool)
    assert fit_places(fits, halves, known).tolist() == [0, 1, 2, 3, 4, -1]


def test_a_basis_is_said_in_three_languages() -> None:
    """The words name the halves, and the registers where they are used."""
    assert basis_words(BOTH, registers=True).en == "both halves and registers"
    assert basis_words(CLIENT, registers=False).sv == "endast deltagarens svar"
    assert basis_words(CASEWORKER, registers=True).da == "kun sagsbehandlerens svar og registre"
    assert basis_words((), registers=True).en == "registers only"
