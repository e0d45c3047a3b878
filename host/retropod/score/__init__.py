"""Scores of the engine on labelled recordings: recall, directions, confidence, timing, with confidence intervals."""
