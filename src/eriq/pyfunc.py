"""A saved bundle as an MLflow pyfunc: model code and a folder, no pickle."""

from typing import Any

import mlflow
import pandas as pd
from mlflow.pyfunc import PythonModel, PythonModelContext


class EriqModel(PythonModel):  # type: ignore[misc]
    """Gives the numbers of `eriq score`, one output row per input row, in order."""

    def load_context(self, context: PythonModelContext) -> None:
        """Open the bundle after all its checks."""
        from eriq.bundle import open_bundle

        self.bundle = open_bundle(context.artifacts["bundle"])

    def predict(self, context: PythonModelContext, model_input: pd.DataFrame, params: Any = None) -> pd.DataFrame:
        """Return probability and log-odds, or why there are none, for every row."""
        from eriq.scoring import Options, score_rows

        scored = score_rows(self.bundle, model_input, Options(reasons=0))
        columns = scored.scores[["row", "probability", "log_odds"]]
        rows = pd.concat([columns.assign(set_aside=""), scored.rejected[["row"]].assign(set_aside=scored.rejected["reason"])])
        return rows.sort_values("row").drop(columns="row").reset_index(drop=True)


mlflow.models.set_model(EriqModel())
