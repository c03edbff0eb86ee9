"""Three rules cut copies of one net: the same share, each by its own order, without learning."""

import pytest
import torch

from dltui.engine.contracts.dataset import Dataset, Split
from dltui.engine.tasks.brain_damage import RULES, build
from dltui.errors import DltuiError
from tests.engine.conftest import CPU


def rows(count, seed, size=4):
    generator = torch.Generator().manual_seed(seed)
    targets = torch.arange(count) % 3
    inputs = torch.randint(0, 60, (count, 1, size, size), generator=generator, dtype=torch.uint8)
    inputs[torch.arange(count), 0, targets] += 120  # a bright line a class
    inputs[:, :, -1] = 0  # never inked
    return Split(inputs, targets)


def made(size=4, **options):
    torch.manual_seed(0)
    data = Dataset(rows(90, 0, size), rows(60, 1, size), ("a", "b", "c"), "builtin", "lines", {})
    return build(**{"hidden": 5, "learn": 150, "share": 0.1} | options)(data, {}, CPU)


def test_each_step_cuts_the_same_share_by_every_rule():
    task = made()
    weights = 5 * (16 + 3)
    with torch.no_grad():
        for step in range(1, 12):
            task.advance(step)
            cut = [int((task._weights(rule) == 0).sum()) for rule in RULES]
            assert cut == [round(min(1.0, step * 0.1) * weights)] * len(RULES)
            assert task.evaluate()["sparsity"] == pytest.approx(cut[0] / weights)


def test_a_large_weight_where_no_ink_is_goes_by_damage_and_not_by_size():
    task = made()
    for net in task.nets.values():
        net.layers[0].weight.data.view(5, 4, 4)[:, -1] = 9.0
    for step in range(1, 6):
        task.advance(step)
    left = [int((task.nets[rule].layers[0].weight.view(5, 4, 4)[:, -1] != 0).sum()) for rule in RULES]
    assert left[0] == 20 > 10 > left[1]


def test_the_others_move_for_the_surgeon_alone():
    task = made()
    before = {rule: task._weights(rule) for rule in RULES}
    for step in (1, 2, 3, 4, 5):
        task.advance(step)
    for rule in RULES:
        now = task._weights(rule)
        stayed = torch.equal(now[now != 0], before[rule][now != 0])
        assert stayed == (rule != "surgeon")


def test_the_picture_tells_who_has_cut_which_weight():
    task = made()
    with torch.no_grad():
        task.evaluate()
        for step in (1, 2, 3):
            task.advance(step)
        task.evaluate()
        pictures = {picture.pane: picture.payload for picture in task.pictures()}
    assert [curve["x"] for curve in pictures["loss"]["curves"]] == [pytest.approx([0, 0.3])] * 3
    labels = torch.tensor(pictures["size and cost"]["label"])
    assert torch.equal(labels % 2 == 1, task._weights("size") == 0)
    assert torch.equal(labels >= 2, task._weights("damage") == 0)
    assert pictures["first units"]["rows"] == len(RULES)


def test_too_many_weights_are_refused():
    with pytest.raises(DltuiError, match="too many"):
        made(size=12, hidden=50)
