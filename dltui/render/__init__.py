"""Payloads and curves as lines of a terminal, for `run` and for every other view alike."""
