"""Losses: what [loss] names, (logits, targets) -> scalar."""
