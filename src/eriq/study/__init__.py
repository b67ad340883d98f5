"""Wing 1: makes and judges a model; nothing of it is needed to score."""
