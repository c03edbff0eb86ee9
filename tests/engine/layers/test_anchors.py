"""Anchors, their objects and offsets: equal to loops written out; the count of the paper's default boxes."""

import pytest
import torch

from dltui.engine.layers.anchors import (
    IGNORED,
    NONE,
    VARIANCES,
    anchors,
    decode,
    encode,
    hard_negatives,
    matched,
    of_owners,
)
from dltui.engine.layers.boxes import iou


def boxes(count, seed, size=64.0):
    random = torch.Generator().manual_seed(seed)
    start = torch.rand(count, 2, generator=random) * size * 0.7
    return torch.cat([start, start + 3 + torch.rand(count, 2, generator=random) * size * 0.4], 1)


def padded(there, room=5):
    """Boxes (M, 4) -> objects (room, 5) with classes 0, 1, 2 ..., the padding in between."""
    rows = torch.tensor([[0.0, 0.0, 64.0, 64.0, -1.0]]).repeat(room, 1)
    places = torch.arange(room).flip(0)[: len(there)]  # padding may stand before them, and covers everything
    rows[places, :4] = there
    rows[places, 4] = torch.arange(len(there)).float()
    return rows


def test_ssd_has_8732_boxes_at_300_pixels():
    maps = zip((38, 19, 10, 5, 3, 1), (4, 6, 6, 6, 4, 4), strict=True)
    assert len(anchors(300, [(cells, [(30.0, 30.0)] * count) for cells, count in maps])) == 8732


def test_anchors_lie_where_loops_put_them():
    """Guards against rows taken for columns, width for height, and against another order than a convolution's."""
    maps = [(4, [(8.0, 16.0), (10.0, 10.0)]), (2, [(30.0, 20.0)])]
    wanted = []
    for cells, shapes in maps:
        for row in range(cells):
            for column in range(cells):
                for w, h in shapes:
                    x, y = (column + 0.5) * 64 / cells, (row + 0.5) * 64 / cells
                    wanted.append([x - w / 2, y - h / 2, x + w / 2, y + h / 2])
    assert anchors(64, maps).tolist() == wanted


def by_hand(there, objects, positive, negative):
    """One picture: the greedy assignment as loops over IoUs."""
    rows = [m for m in range(len(objects)) if objects[m, 4] >= 0]
    overlap = {(k, m): iou(there[k], objects[m, :4]).item() for k in range(len(there)) for m in rows}
    owner = []
    for k in range(len(there)):
        best = max(rows, key=lambda m: overlap[k, m], default=None)
        sure = overlap[k, best] if rows else -1
        owner.append(best if sure >= positive else NONE if sure < negative else IGNORED)
    left = set(rows)
    free = set(range(len(there)))
    while left and free:
        k, m = max(((k, m) for k in free for m in left), key=overlap.get)
        owner[k] = m
        left.remove(m)
        free.remove(k)
    return owner


@pytest.mark.parametrize(("positive", "negative"), [(0.5, 0.5), (0.5, 0.3), (0.7, 0.1)])
@pytest.mark.parametrize("seed", range(4))
def test_assignment_is_that_of_loops(seed, positive, negative):
    there = boxes(40, seed)
    objects = torch.stack([padded(boxes(count, 100 + seed + count)) for count in (3, 1, 0, 5)])
    found = matched(there, objects, positive, negative)
    for row in range(len(objects)):
        assert found[row].tolist() == by_hand(there, objects[row], positive, negative)


def test_every_object_has_an_anchor_even_where_two_want_the_same():
    there = torch.tensor([[0.0, 0, 10, 10], [40, 40, 50, 50]])
    objects = torch.tensor([[[0.0, 0, 9, 9, 0], [1, 1, 10, 10, 1]]])
    assert sorted(matched(there, objects)[0].tolist()) == [0, 1]


def test_more_objects_than_anchors_and_none_at_all():
    there = boxes(2, 0)
    assert sorted(matched(there, padded(boxes(4, 1))[None], 0.9)[0].tolist())[0] >= 0
    assert matched(there, torch.zeros(2, 0, 5)[:, :0].new_full((2, 1, 5), -1))[0].tolist() == [NONE, NONE]


def test_the_rows_of_owners():
    objects = padded(boxes(3, 2))[None]
    place, of_class = of_owners(torch.tensor([[4, NONE, 2, IGNORED]]), objects)
    assert of_class.tolist() == [[0, -1, 2, -1]]
    assert torch.equal(place[0, 0], objects[0, 4, :4]) and torch.equal(place[0, 2], objects[0, 2, :4])


def test_offsets_are_the_papers_and_lead_back():
    there, wanted = boxes(50, 3), boxes(50, 4)
    offsets = encode(wanted, there)
    a, b = there[0], wanted[0]
    w, h = (a[2] - a[0]).item(), (a[3] - a[1]).item()
    by_hand = [
        ((b[0] + b[2]) / 2 - (a[0] + a[2]) / 2).item() / w / VARIANCES[0],
        ((b[1] + b[3]) / 2 - (a[1] + a[3]) / 2).item() / h / VARIANCES[1],
        torch.log((b[2] - b[0]) / w).item() / VARIANCES[2],
        torch.log((b[3] - b[1]) / h).item() / VARIANCES[3],
    ]
    assert offsets[0].tolist() == pytest.approx(by_hand, rel=1e-4)
    torch.testing.assert_close(decode(offsets, there), wanted, atol=1e-4, rtol=1e-4)
    assert decode(torch.full((1, 4), 1e6), there[:1]).isfinite().all()


def test_the_hardest_negatives_of_each_picture_count():
    random = torch.Generator().manual_seed(0)
    losses = torch.rand(6, 30, generator=random)
    kind = torch.randint(0, 8, (6, 30), generator=random)
    kind[5] = 2  # a picture of negatives alone: none counts
    positive, negative = kind == 0, kind > 1  # 1: not asked
    chosen = hard_negatives(losses, positive, negative, 3.0)
    for row in range(6):
        hardest = sorted((k for k in range(30) if negative[row, k]), key=lambda k: -losses[row, k])
        wanted = set(hardest[: 3 * int(positive[row].sum())])
        assert set(chosen[row].nonzero()[:, 0].tolist()) == wanted
