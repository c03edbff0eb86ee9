"""Comparisons: what [comparison] names; each sees all variants at once."""
