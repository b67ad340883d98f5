"""What people write in YAML, one module per kind of file."""

from eriq.config.censoring import Ipcw, censoring_model
from eriq.config.decisions import Decisions, load_decisions
from eriq.config.experiment import (
    Capacity,
    Cross,
    EstimatorName,
    Experiment,
    Explain,
    Headline,
    Intervals,
    Tuning,
    Validation,
    load_experiment,
    stored_experiment,
)
from eriq.config.files import Section, dump_yaml, is_shipped, load_yaml, parse_yaml, shipped
from eriq.config.groups import GroupMeasure, Groups, Pick
from eriq.config.layout import HALVES, Csv, Layout, Part, TableName, Weekly, code_text, plain
from eriq.config.messages import checked, validation_lines
from eriq.config.monitoring import Monitoring, load_monitoring
from eriq.config.objects import ObjectInput, ObjectOutput, as_given, shown
from eriq.config.outcome import OUTCOMES, LeftRule, Outcome, Status, Work
from eriq.config.promotion import Gates, GroupGates, load_gates
from eriq.config.scoring import (
    DuckDbInput,
    DuckDbOutput,
    FileInput,
    FileOutput,
    ScoringJob,
    SqlInput,
    SqlOutput,
    load_scoring_job,
)
from eriq.config.sources import Flat, FlatColumn, Simulated, Tables
from eriq.config.versions import migrated

__all__ = [
    "HALVES",
    "OUTCOMES",
    "Capacity",
    "Cross",
    "Csv",
    "Decisions",
    "DuckDbInput",
    "DuckDbOutput",
    "EstimatorName",
    "Experiment",
    "Explain",
    "FileInput",
    "FileOutput",
    "Flat",
    "FlatColumn",
    "Gates",
    "GroupGates",
    "GroupMeasure",
    "Groups",
    "Headline",
    "Intervals",
    "Ipcw",
    "Layout",
    "LeftRule",
    "Monitoring",
    "ObjectInput",
    "ObjectOutput",
    "Outcome",
    "Part",
    "Pick",
    "ScoringJob",
    "Section",
    "Simulated",
    "SqlInput",
    "SqlOutput",
    "Status",
    "TableName",
    "Tables",
    "Tuning",
    "Validation",
    "Weekly",
    "Work",
    "as_given",
    "censoring_model",
    "checked",
    "code_text",
    "dump_yaml",
    "is_shipped",
    "load_decisions",
    "load_experiment",
    "load_gates",
    "load_monitoring",
    "load_scoring_job",
    "load_yaml",
    "migrated",
    "parse_yaml",
    "plain",
    "shipped",
    "shown",
    "stored_experiment",
    "validation_lines",
]
