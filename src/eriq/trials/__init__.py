"""A randomised trial read as a trial: arms, balance and contrasts; nothing of it is a predictor."""
