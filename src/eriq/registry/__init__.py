"""MLflow: runs, registered models, aliases."""
