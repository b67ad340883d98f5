"""From a config to the rows every contender sees: intake, cohort, features, design."""

from dataclasses import replace

import numpy as np
import pandas as pd

from eriq.config import Experiment, Flat, Simulated, Tables
from eriq.study.design.censored import both
from eriq.study.design.design import make_design
from eriq.study.design.from_flat import flat_study
from eriq.study.design.from_tables import tables_study
from eriq.study.design.leakage import too_good
from eriq.study.design.study import Study
from eriq.tables.intake import Intake


def prepare(experiment: Experiment, intake: Intake | None = None, *, narrow: bool = False) -> Study:
    """Read, check and assemble everything a config asks for; train nothing.

    With the `intake` of an earlier study on the same source nothing is read again. With `narrow` columns of whole
    numbers are float32, which suffices to look at them and to count; what is fitted takes float64 throughout.

    Raises
    ------
    SchemaError, SourceError, CohortError, ConfigError, LeakageError, InstrumentError
        By cause; all problems of the input at once.
    """
    source = experiment.source
    if isinstance(source, Flat):
        study = flat_study(experiment, source)
    else:
        study = tables_study(experiment, source, intake, narrow=narrow)
    # Early events of rows that were not followed to the end go with the day of the answer, and are no leak.
    too_good(study.design.followed(), study.features, experiment.leak_auc, experiment.trusted)
    if experiment.validation.design == "external" and (away := experiment.validation.external):
        return _with_external(study, experiment.model_copy(update={"source": away}), away)
    return study


def _with_external(home: Study, experiment: Experiment, source: Tables | Flat | Simulated) -> Study:
    """Return `home` with the rows of the external set behind its own."""
    if isinstance(source, Flat):
        away = flat_study(experiment, source, home.features)
    else:
        away = tables_study(experiment, source)
    rows = away.design.rows
    if isinstance(source, Simulated):  # made-up people of two cohorts share ids without being the same
        rows = rows.assign(client_id="external-" + rows["client_id"])
    design = make_design(
        pd.concat([home.design.rows, rows], ignore_index=True),
        pd.concat([home.design.matrix, away.design.matrix], ignore_index=True),
        np.concatenate([home.design.outcome, away.design.outcome]),
    )
    design = both(design, home.design, away.design)
    if home.design.halves is not None and away.design.halves is not None:
        design = replace(design, halves=pd.concat([home.design.halves, away.design.halves], ignore_index=True))
    truth = None if home.truth is None or away.truth is None else np.concatenate([home.truth, away.truth])
    return replace(
        home,
        design=design,
        truth=truth,
        external=np.arange(len(design.outcome)) >= len(home.design.outcome),
        flow=home.flow + tuple((f"external set: {why}", count) for why, count in away.flow),
        n_read=home.n_read + away.n_read,
        remarks=home.remarks + tuple(f"External set: {words}" for words in away.remarks),
        digests=home.digests | {f"external_{name}": digest for name, digest in away.digests.items()},
    )
