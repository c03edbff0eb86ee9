"""Templates: found in linear nets only, coloured by their sign, compared with the mean pictures of the classes."""

import torch

from dltui.engine.models import mlp
from dltui.engine.probes.templates import (
    AGAINST,
    FOR,
    NEITHER,
    evidence_picture,
    resemblance,
    templates_of,
    templates_picture,
    typical,
)

SHAPE = torch.Size([1, 4, 4])


def pictures_of_three_classes():
    """(30, 1, 4, 4): class k is bright in row k, on a noisy ground; and their classes."""
    targets = torch.arange(30) % 3
    pictures = 0.2 * torch.rand(30, *SHAPE, generator=torch.Generator().manual_seed(0))
    for row, target in enumerate(targets.tolist()):
        pictures[row, 0, target] += 0.8
    return pictures, targets


def test_only_one_linear_layer_over_pictures_has_templates():
    linear, deep = (mlp.build(inputs=16, outputs=3, hidden=hidden) for hidden in ([], [8]))
    assert torch.equal(templates_of(linear, SHAPE, 3), linear.head.weight.view(3, 1, 4, 4))
    assert templates_of(deep, SHAPE, 3) is None
    assert templates_of(linear, torch.Size([16]), 3) is None  # rows of numbers are no pictures


def test_templates_resemble_their_class_whatever_is_added_to_all_of_them():
    pictures, targets = pictures_of_three_classes()
    means = torch.stack([pictures[targets == k].mean(0) for k in range(3)])
    assert resemblance(0.1 * means + 5, pictures, targets) == 1
    assert resemblance(-means, pictures, targets) == 0
    assert resemblance(means[[0, 2, 1]], pictures, targets) == torch.tensor(1 / 3)


def test_the_typical_picture_is_that_without_noise():
    pictures, targets = pictures_of_three_classes()
    means = torch.stack([pictures[targets == k].mean(0) for k in range(3)])
    pictures[17] = 0.5 * means[targets[17]]
    assert typical(pictures, targets, 3) == 17


def test_colours_tell_the_sign_and_grow_lighter():
    templates = torch.zeros(2, *SHAPE)
    templates[0, 0, 0, 0], templates[1, 0, 3, 3] = 2.0, -2.0
    templates[0, 0, 0, 1] = 2.0  # beyond what the scale is cut at
    pixels = templates_picture(templates, ("a", "b"))["pixels"]
    assert tuple(pixels[0, 0]) == FOR and tuple(pixels[3, 7]) == AGAINST and tuple(pixels[2, 2]) == NEITHER
    assert sum(AGAINST) / 3 > 0 and AGAINST[1] < NEITHER[1] < FOR[1]


def test_the_evidence_is_the_product_with_the_picture():
    """Guards that a blank pixel says nothing, however large its weight."""
    picture = torch.zeros(SHAPE)
    picture[0, 0] = 1.0
    payload = evidence_picture(torch.ones(2, *SHAPE), picture, torch.tensor([0.25, 0.75]), ("a", "b"), 1)
    pixels = payload["pixels"]
    assert payload["captions"] == ["is b", "a 25%", "b 75%"]
    assert tuple(pixels[0, 0]) == (255, 255, 255) and tuple(pixels[0, 4]) == FOR and tuple(pixels[1, 4]) == NEITHER
