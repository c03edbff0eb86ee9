"""Searches of options: a study of trials, each a run."""
