"""The neocognitron: S cells answer by the paper's formula, learn where they answer most, and C cells bear a shift."""

import pytest
import torch

from dltui.engine.algorithms import neocognitron
from dltui.engine.contracts.rows import Rows
from dltui.engine.contracts.task import Context
from dltui.engine.data import mnist
from dltui.errors import DltuiError

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def rows() -> Rows:
    return Rows(mnist.build(train_rows=200, test_rows=50).builtin(), CPU, "mnist")


def made(rows: Rows, **options) -> neocognitron.Neocognitron:
    torch.manual_seed(0)
    small = {"planes": [6, 10, 40], "looks": 60, **options}
    return neocognitron.build(**small)(Context(rows, {}, CPU, 0))


def trained(rows: Rows, **options) -> neocognitron.Neocognitron:
    net = made(rows, **options)
    while not net.done:
        net.step()
    return net


def test_an_s_cell_answers_by_its_formula_to_the_patch_under_it(rows):
    net, u = trained(rows), torch.rand(1, 1, 9, 9)
    a, b, c, r = net.a0.double(), net.b0.double(), net.c0.double(), net.r[0]
    patch = u[0, 0, 2:7, 1:6].double()  # under (4, 3)
    e, v = (a[:, 0] * patch).sum((1, 2)), (c * patch.square()).sum().sqrt()
    expected = r * ((1 + e) / (1 + r / (1 + r) * b * v) - 1)
    assert torch.allclose(net.potential(u, 0)[0, :, 4, 3].double(), expected, rtol=1e-3, atol=1e-4)


def test_what_was_seen_once_is_answered_most_and_what_is_unlike_it_is_not(rows):
    """After one look the answer depends on the cosine alone: 1 for the cosine 1, nothing below r / (1 + r)."""
    net = made(rows)
    seen = torch.zeros(1, 11, 11)
    seen[:, 2:9, 5] = 1.0  # an upright line
    net._learn(seen, 0)
    learned = net.b0 > 0
    answers = net.s_cells(seen[None], 0)[0]
    assert torch.allclose(answers[learned].amax((1, 2)), torch.ones(int(learned.sum())), rtol=0.02)
    best = answers[learned].flatten(1).argmax(1)
    opposite = net.s_cells(1 - seen[None], 0)[0][learned].flatten(1)
    assert not opposite.gather(1, best[:, None]).any(), "where there was light it is dark, and the other way round"


def test_in_each_area_one_plane_at_most_takes_up_a_patch_and_all_of_it_changes(rows):
    net, before = made(rows), made(rows)
    net._learn(rows.train.inputs[0], 0)
    changed = (net.a0 != before.a0).flatten(1).any(1)
    assert 1 <= changed.sum() <= (28 // neocognitron.COLUMNS) ** 2
    assert torch.equal(changed, net.b0 > 0)
    gain = (net.a0 - before.a0)[changed] / (neocognitron.GAIN * net.c0)
    assert gain.min() > -1e-3 and gain.max() < 1.001, "a patch of the picture"


def test_layers_learn_one_after_the_other(rows):
    net, used = made(rows), []
    while not net.done:
        net.step()
        used.append([bool((net.get_buffer(f"b{layer}") > 0).any()) for layer in range(3)])
    assert len(used) == 18
    assert used[5] == [True, False, False] and used[11] == [True, True, False] and used[-1] == [True] * 3


def test_c_cells_change_less_by_a_shift_than_the_s_cells_before_them(rows):
    net, pictures = trained(rows), rows.test.inputs
    shifted = neocognitron.moved(pictures, 2, 0)

    def alike(x, y):
        return torch.cosine_similarity(x.flatten(1), y.flatten(1)).mean().item()

    s, shifted_s = net.s_cells(pictures, 0), net.s_cells(shifted, 0)
    assert alike(net.handed_on(s), net.handed_on(shifted_s)) > alike(s, shifted_s) + 0.1


def test_moved_pictures_lose_what_leaves_them():
    x = torch.arange(12.0).view(1, 1, 3, 4)
    assert torch.equal(neocognitron.moved(x, 1, 0)[0, 0], torch.tensor([[0.0, 0, 1, 2], [0, 4, 5, 6], [0, 8, 9, 10]]))
    assert torch.equal(neocognitron.moved(x, 0, -2)[0, 0, 0], x[0, 0, 2])


def test_it_reads_digits_far_above_chance_and_needs_no_gradient(rows):
    net = trained(rows)
    assert not list(net.parameters()) and not any(buffer.requires_grad for buffer in net.buffers())
    assert net.evaluate()["accuracy"] > 0.3 > made(rows, learned=False).evaluate()["accuracy"]


def test_a_layer_without_a_selectivity_is_refused():
    with pytest.raises(DltuiError, match="2 layers"):
        neocognitron.build(planes=[4, 4])
