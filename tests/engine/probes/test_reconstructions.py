"""Reconstructions: each test picture above what the net makes of it; classes never trained on stand to the right."""

import torch

from dltui.engine.probes import reconstructions
from tests.engine.tasks.test_autoencode import made


@torch.no_grad()
def test_the_right_half_holds_pictures_of_classes_that_were_never_seen():
    for unseen in ([], [1]):
        task = made(unseen=unseen)
        (picture,) = reconstructions.build()(task).pictures()
        pixels = torch.as_tensor(picture.payload["pixels"])  # (2 * 6, 10 * 6)
        of_unseen = torch.isin(task.rows.test.targets, torch.tensor([1]))
        inputs = task.rows.test.inputs
        expected = torch.cat([inputs[~of_unseen][:5], inputs[of_unseen][:5]]) if unseen else inputs[:10]
        for above, given in enumerate((expected, task.reconstruct(expected))):
            shown = pixels.view(2, 6, -1, 6)[above].permute(1, 0, 2) / 255
            torch.testing.assert_close(shown, given[:, 0].clamp(0, 1), atol=0.002, rtol=0)
        assert picture.payload["row_titles"] == ["given", "rebuilt"]
        assert ("never seen" in picture.payload.get("title", "")) == bool(unseen)
