"""A saved bundle as an MLflow pyfunc: model code and a folder, no pickle.

MLflow copies this file beside the bundle and runs it to load the model, so it imports eriq where it is needed.
"""

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from eriq.errors import EriqError
from eriq.registry.inputs import column_types
from eriq.scoring.frame import OUTPUTS

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # MLflow warns of its own types
    import mlflow
    from mlflow.models import ModelSignature
    from mlflow.pyfunc import PythonModel, PythonModelContext

if TYPE_CHECKING:
    from eriq.model.bundle import Bundle

KINDS = {"float64": "double", "str": "string"}  # our types in MLflow's words


def signature(bundle: "Bundle") -> ModelSignature:
    """Return the contract that MLflow shows and keeps to: names, and no types.

    MLflow refuses a whole request for one cell, for whole numbers without a gap in a column of doubles, or for a
    column that must be there, and repeats the rows in its message; here the model checks each row and sets it aside
    with its reason. Types, and what must be there, are told by `column_types`: metadata, description of the version.
    A column that is not named never reaches the model, so consent and wave are named too.

    Parameters
    ----------
    bundle : Bundle

    Returns
    -------
    ModelSignature
        Any type in; out `OUTPUTS`, one row per row; parameters `reasons` and `language`.
    """
    from mlflow.types import ColSpec, ParamSchema, ParamSpec, Schema
    from mlflow.types.schema import AnyType

    inputs = Schema([ColSpec(AnyType(), name, required=name == bundle.client) for name in column_types(bundle)])
    outputs = Schema([ColSpec(KINDS[kind], name) for name, kind in OUTPUTS.items()])
    params = ParamSchema([ParamSpec("reasons", "long", 0), ParamSpec("language", "string", "")])
    return ModelSignature(inputs=inputs, outputs=outputs, params=params)


class EriqModel(PythonModel):
    """Gives the numbers of `eriq score`, one output row per input row, in order."""

    def load_context(self, context: PythonModelContext) -> None:
        """Open the bundle after all its checks; an endpoint has no config, so ERIQ_TRUSTED_KEYS names trusted keys."""
        from eriq.registry.models import open_signed

        self.bundle = open_signed(Path(context.artifacts["bundle"]))

    def predict(
        self,
        context: PythonModelContext,  # noqa: ARG002 - of MLflow's own signature
        model_input: pd.DataFrame,
        params: dict[str, Any] | None = None,
    ) -> pd.DataFrame:
        """Return probability and log-odds, or why there are none, for every row.

        Parameters
        ----------
        context : PythonModelContext
        model_input : DataFrame of shape (n_rows, any)
            Raw, as from a file. Repeated questionnaires are found within one call only.
        params : dict, optional
            ``reasons`` (0 to 50) adds that many reasons per row, in ``language`` (en, sv, da; empty: the first).

        Returns
        -------
        DataFrame of shape (n_rows, 5 or more)
            `OUTPUTS`; of a row set aside, the probability is missing and `code` and `set_aside` say why.

        Raises
        ------
        EriqError
            When a column is missing or a parameter cannot be used; never with a value of a row.
        """
        from eriq.scoring.frame import score_frame
        from eriq.scoring.options import Options

        asked = {"reasons": 0, "language": "", **(params or {})}
        try:
            return score_frame(
                self.bundle, model_input, Options(reasons=int(asked["reasons"]), language=asked["language"] or None)
            )
        except EriqError:
            raise
        except Exception as error:
            import traceback

            last = traceback.extract_tb(error.__traceback__)[-1]
            # The text is left out: it could hold a person's values, and the server sends and logs it.
            what = f"a fault of ours ({type(error).__name__} at {Path(last.filename).name}:{last.lineno})"
        raise EriqError(f"{what}; please report it")


mlflow.models.set_model(EriqModel())
