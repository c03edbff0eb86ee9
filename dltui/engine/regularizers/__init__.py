"""Regularizers: what [regularizer] names, added to a loss."""
