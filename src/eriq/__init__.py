"""Employment readiness from a paired questionnaire: compared with registers, explained, scored."""

import os
from typing import TYPE_CHECKING

# Before anything native is imported: spinning OpenMP threads stall on shared cores.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
# No library of ours calls home.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("DO_NOT_TRACK", "true")

if TYPE_CHECKING:
    from eriq.face import Model, Run, check, load, score, simulate, train
    from eriq.tables.cohort import Registers

__version__ = "0.1.0"
__all__ = ["Model", "Registers", "Run", "__version__", "check", "load", "score", "simulate", "train"]


def __getattr__(name: str) -> object:
    """Return a name of the public face; its libraries are imported on first use, not with `import eriq`."""
    if name not in __all__:
        raise AttributeError(f"module 'eriq' has no attribute '{name}'")
    from importlib import import_module

    found: object = getattr(import_module("eriq.face"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
