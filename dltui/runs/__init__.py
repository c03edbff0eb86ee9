"""Runs: a folder with an append-only event log, and every reading of it."""
