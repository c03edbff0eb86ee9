"""The prototypical loss: equal to cross-entropy over the classes' means, however often a class is in the batch."""

import pytest
import torch
from torch.nn.functional import cosine_similarity, cross_entropy

from dltui.engine.losses.prototypical import SHARPNESS, build


def by_hand(queries, supports, classes, distance):
    present = sorted(set(classes.tolist()))
    prototypes = torch.stack([supports[classes == number].mean(0) for number in present])
    if distance == "euclidean":
        logits = -(torch.cdist(queries, prototypes) ** 2)
    else:
        logits = SHARPNESS * cosine_similarity(queries[:, None], prototypes, dim=2)
    return cross_entropy(logits, torch.tensor([present.index(number) for number in classes.tolist()]))


@pytest.mark.parametrize("distance", ["euclidean", "cosine"])
def test_it_is_cross_entropy_over_the_classes_of_the_batch(distance):
    generator = torch.Generator().manual_seed(0)
    queries, supports = torch.randn(2, 12, 4, generator=generator)
    classes = torch.tensor([7, 7, 7, 2, 9, 9, 0, 2, 7, 5, 5, 0])
    want = by_hand(queries, supports, classes, distance)
    assert torch.allclose(build(distance=distance)(queries, supports, classes), want, atol=1e-5)


def test_a_cosine_knows_no_length_and_a_distance_does():
    queries, supports = torch.randn(2, 6, 3)
    classes = torch.arange(6) // 2
    losses = {distance: build(distance=distance) for distance in ("euclidean", "cosine")}
    plain, longer = (
        {name: loss(queries, x, classes) for name, loss in losses.items()} for x in (supports, 5 * supports)
    )
    assert torch.allclose(plain["cosine"], longer["cosine"], atol=1e-5)
    assert plain["euclidean"] != longer["euclidean"]
