"""Devices: which one, how many threads, in what precision."""
