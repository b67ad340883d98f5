"""Employment readiness from a paired questionnaire: compared with registers, explained, scored."""

import os

# Before anything native is imported: spinning OpenMP threads stall on shared cores.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
# No library of ours calls home.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("DO_NOT_TRACK", "true")

__version__ = "0.1.0"
