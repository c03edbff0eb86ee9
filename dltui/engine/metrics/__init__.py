"""Metrics that need more than a line: FID and its features."""
