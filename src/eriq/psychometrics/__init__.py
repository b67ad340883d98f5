"""The questionnaire's own quality: reliability, dimensions, agreement of the halves, invariance, response quality."""
