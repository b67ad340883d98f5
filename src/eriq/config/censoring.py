"""What happens to rows whose follow-up ends before their outcome is known."""

from typing import Literal

from pydantic import Field

from eriq.config.files import Section


class Ipcw(Section):
    """Rows with a known outcome stand for those whose follow-up broke off, by a declared model of its end.

    In a config `censoring: ipcw` takes the defaults below, `censoring: {by: [quarter]}` changes them, and
    `censoring: leave_out` uses only rows that were observed for the whole window.
    """

    model: Literal["kaplan_meier"] = "kaplan_meier"
    by: tuple[Literal["quarter", "year", "job_centre"], ...] = Field(
        (), description="The end of follow-up is taken to be unrelated to the outcome within these; none: within all."
    )
    largest_weight: float = Field(10.0, ge=1, description="Larger weights are cut to this.")
    quantile: float = Field(1.0, gt=0.5, le=1, description="Weights above this quantile of them are cut to it.")


def censoring_model(censoring: Literal["leave_out", "ipcw"] | Ipcw) -> Ipcw | None:
    """Return the declared model of the end of follow-up, or None where such rows are left out.

    >>> censoring_model("leave_out"), censoring_model("ipcw") == Ipcw()
    (None, True)
    """
    if isinstance(censoring, Ipcw):
        return censoring
    return Ipcw() if censoring == "ipcw" else None
