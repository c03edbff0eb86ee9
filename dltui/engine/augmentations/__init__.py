"""Augmentations: what [augment] names, changes of a batch made anew at every step."""
