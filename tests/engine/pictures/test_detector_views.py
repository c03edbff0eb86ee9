"""What is seen of a detector: the anchors of each map, heat maps over their picture."""

import numpy as np
import torch

from dltui.engine.models import ssd, yolo
from dltui.engine.pictures.detector_views import heat_maps, views

OBJECTS = torch.tensor([[[20.0, 8, 36, 24, 2], [50, 50, 57, 56, 0], [0, 0, 0, 0, -1]]])


def test_every_matched_anchor_stands_on_its_map():
    net = ssd.build()
    (picture,) = views(net, torch.rand(1, 3, 64, 64), OBJECTS, ("a", "b", "c"))
    drawn = [box for box in picture.payload["boxes"] if not box.get("dashed")]
    assert len(drawn) == int((net.owners(OBJECTS) >= 0).sum())
    sides = {cell: [box["box"][2] - box["box"][0] for box in drawn if box["cell"] == cell] for cell in range(4)}
    assert sides[0] and max(sides[0]) < 12 and {box["colour"] for box in drawn if box["cell"] == 0} == {0}
    assert [caption.partition(" cells")[0] for caption in picture.payload["captions"]] == [
        "16 x 16",
        "8 x 8",
        "4 x 4",
        "2 x 2",
    ]


def test_nothing_is_shown_of_a_net_without_anchors_and_maps():
    assert not list(views(yolo.build(), torch.rand(1, 3, 64, 64), OBJECTS, ("a", "b", "c")))


def test_a_hot_place_is_bright_and_a_cold_one_dim():
    heat = torch.zeros(1, 4, 4)
    heat[0, 1, 2] = 1
    sheet = heat_maps({"objects": heat}, torch.full((1, 3, 16, 16), 0.5))
    assert sheet["captions"] == ["input", "objects"]
    over = sheet["pixels"][:, 16:]
    assert (over[4:8, 8:12, :2] == 255).all()
    assert over[:4].max() < 64 and np.ptp(over[:4]) == 0
