"""The questionnaire: items, scales, texts in every language, codebook."""
