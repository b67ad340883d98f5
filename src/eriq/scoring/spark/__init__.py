"""Score a Parquet folder on Spark: the same chunk function on more machines."""

from eriq.scoring.spark.errors import SparkError
from eriq.scoring.spark.folder import SparkScored, score_folder

__all__ = ["SparkError", "SparkScored", "score_folder"]
