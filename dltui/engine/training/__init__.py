"""Training: from a checked recipe to the last event of its run."""
