"""The options of `[train]`: how long, in what batches, and when to look."""

from typing import NamedTuple

REPLICAS = 1009  # a prime: the replicas of two seeds do not meet


class Training(NamedTuple):
    """`[train]`, resolved."""

    steps: int
    batch: int
    seed: int
    evaluate_every: int
    picture_seconds: float
    checkpoint_seconds: float
    clip: float
    validation: float


def build(
    *,
    steps: int = 1000,
    batch: int = 64,
    seed: int = 0,
    evaluate_every: int = 0,
    picture_seconds: float = 5.0,
    checkpoint_seconds: float = 30.0,
    clip: float = 0.0,
    validation: float = 0.0,
    replica: int = 0,
) -> Training:
    """The options of `[train]`.

    steps: updates of the weights, at least 1.
    batch: rows an update looks at, at least 1.
    seed: decides the first weights, the order of batches and every draw, at least 0.
    evaluate_every: steps between two evaluations on the test rows, at least 0; 0 makes it twenty times a run.
    picture_seconds: longest time between two looks at the pictures, above 0.
    checkpoint_seconds: time between two checkpoints, above 0.
    clip: largest norm of all gradients together, at least 0; 0 does not clip.
    validation: share of the training rows held out, the first ones, at least 0, below 1: choices are made by them; data
        with validation rows of their own keep these, and none is held out.
    replica: number of one of several nets that a seed gives, each with first weights, batches and draws of its own, at
        least 0.
    """
    seed += REPLICAS * replica
    return Training(steps, batch, seed, evaluate_every, picture_seconds, checkpoint_seconds, clip, validation)
