"""SIFT's parts on pictures whose answer is known: blobs, quarter turns, and brute force."""

import numpy as np
import pytest

from dltui.engine.layers import sift_features as sift

SIZE = 64


def blob(x: float, y: float, sigma: float, bright: float = 0.8) -> np.ndarray:
    rows, columns = np.mgrid[:SIZE, :SIZE]
    return bright * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * sigma**2))


def texture() -> np.ndarray:
    random = np.random.default_rng(0)
    spots = [blob(*random.uniform(8, 56, 2), random.uniform(1.5, 5), random.choice([-1, 1]) * 0.4) for _ in range(30)]
    return 0.5 + 0.3 * np.clip(np.sum(spots, 0), -1, 1)


@pytest.mark.parametrize("sigma", [3.0, 5.0, 8.0])
def test_a_blob_is_found_at_its_place_and_size(sigma):
    """The difference of Gaussians of a Gaussian blob is deepest about where the filter is as wide as the blob."""
    found = sift.key_points(sift.scale_space(blob(30, 35, sigma)), oriented=False)
    near = np.hypot(found.x - 30, found.y - 35) < 1
    assert near.any()
    assert any(0.7 < size / sigma < 1.2 for size in found.sigma[near])


def test_an_edge_is_no_key_point():
    """Guards the ratio of curvatures: a straight edge answers everywhere along itself."""
    picture = np.zeros((SIZE, SIZE))
    picture[:, 32:] = 1
    assert len(sift.key_points(sift.scale_space(picture)).x) == 0


def test_a_quarter_turn_turns_places_and_angles_and_leaves_descriptors():
    picture = texture()
    one, turned = (sift.key_points(sift.scale_space(each)) for each in (picture, np.rot90(picture, -1)))
    pairs, ratios = sift.matched(one.descriptors, turned.descriptors)
    pairs = pairs[ratios < 0.8]
    assert len(pairs) >= 15
    a, b = pairs.T
    # clockwise: (x, y) comes to (SIZE - 1 - y, x)
    right = np.hypot(turned.x[b] - (SIZE - 1 - one.y[a]), turned.y[b] - one.x[a]) < 1
    assert right.mean() > 0.9
    away = np.angle(np.exp(1j * (turned.angle[b] - one.angle[a] - np.pi / 2)))[right]
    assert np.median(np.abs(away)) < 0.1


def test_a_descriptor_does_not_change_with_light():
    picture = texture()
    one = sift.key_points(sift.scale_space(picture))
    dark = sift.key_points(sift.scale_space(0.6 * picture + 0.2))
    pairs, _ = sift.matched(dark.descriptors, one.descriptors)  # in the dark only the strongest points are left
    same = np.hypot(dark.x[pairs[:, 0]] - one.x[pairs[:, 1]], dark.y[pairs[:, 0]] - one.y[pairs[:, 1]]) < 0.5
    assert same.mean() > 0.9 and np.allclose(np.linalg.norm(one.descriptors, axis=1), 1)


def test_matches_are_those_of_brute_force():
    random = np.random.default_rng(1)
    a, b = random.normal(size=(7, 5)), random.normal(size=(9, 5))
    pairs, ratios = sift.matched(a, b)
    for (row, found), ratio in zip(pairs, ratios, strict=True):
        distances = np.sort(np.linalg.norm(b - a[row], axis=1))
        assert found == np.linalg.norm(b - a[row], axis=1).argmin()
        assert ratio == pytest.approx(distances[0] / distances[1])
    assert (np.diff(ratios) >= 0).all() and sorted(pairs[:, 0]) == list(range(7))
