"""Wing 2: answers in, scores out; knows nothing of how a model was made."""
