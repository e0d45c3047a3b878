"""The engine against labelled recordings: what it found, what it called it, how sure it was, how sure we can be."""
