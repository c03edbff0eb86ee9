"""Distillation: the student is drawn to the teacher's embeddings alone; the teacher's labels and weights stay out."""

import pytest
import torch
from torch.nn.functional import cosine_similarity

from dltui.engine.callbacks import distillation as d
from dltui.engine.contracts.dataset import Dataset, Split, as_floats, with_new_classes
from dltui.engine.models import encoder, lenet
from dltui.engine.tasks import classify
from dltui.errors import DltuiError
from tests.engine.conftest import context


def data(shift: int = 0) -> Dataset:
    """Noise; `shift` exchanges the labels of the other classes."""
    torch.manual_seed(1)
    targets = torch.arange(100) % 5
    pictures = torch.randint(0, 256, (100, 3, 8, 8)).to(torch.uint8)
    targets = torch.where(targets < 3, (targets + shift) % 3, targets)
    split = Split(pictures, targets)
    facts = {"channels": 3, "size": 8, "classes": 5}
    return with_new_classes(Dataset(split, split, tuple("abcde"), "builtin", "", facts), 2, 4)


def made(rows: Dataset | None = None, **options) -> d.Distillation:
    torch.manual_seed(0)
    net = encoder.build(width=2, channels=3, outputs=2)
    task = classify.build()(context(rows or data(), {"model": net}))
    return d.build(**{"teacher_steps": 0, **options})(task)


def test_the_cost_is_one_minus_the_cosine_of_projected_embeddings():
    part = made(weight=3.0)
    part.task.net.eval()
    torch.manual_seed(4)
    cost = part.cost(part.task.net)
    torch.manual_seed(4)
    rows = torch.randint(60, (d.BATCH,))
    student = part.projection(part.task.net.embed(as_floats(part.many[rows])))
    assert torch.allclose(cost, 3 * (1 - cosine_similarity(student, part.known[rows])).mean())
    assert made(weight=0.0).cost(part.task.net) == 0


def test_labels_of_the_other_pictures_are_not_looked_at():
    """They are the teacher's alone, and this one has learned nothing."""
    first, other = made(data()), made(data(shift=1))
    assert len(first.many) == 60 and torch.equal(first.known, other.known)
    torch.manual_seed(2)
    cost = first.cost(first.task.net)
    torch.manual_seed(2)
    assert torch.equal(cost, other.cost(other.task.net))


def test_the_student_comes_to_embed_as_the_teacher_does():
    part = made()
    before = part.cost(part.task.net).item()
    optimizer = torch.optim.Adam(part.parameter_groups("model")[0]["params"], 0.02)
    for _ in range(60):
        optimizer.zero_grad()
        part.task.loss(torch.arange(8)).backward()
        optimizer.step()
    assert part.cost(part.task.net).item() < 0.8 * before
    assert not any("teacher" in name for name in part.state_dict()), "only its answers are kept"


def test_the_nearest_is_another_picture():
    torch.manual_seed(0)
    z = torch.randn(20, 4)
    want = [max((j for j in range(20) if j != i), key=lambda j: cosine_similarity(z[i], z[j], 0)) for i in range(8)]
    assert d.nearest(z).tolist() == want


def test_what_lacks_other_classes_or_an_embedding_is_refused():
    whole = data()._replace(base=None)
    with pytest.raises(DltuiError, match="pictures of other classes"):
        made(whole)
    net = lenet.build(channels=3, size=12, classes=2)
    with pytest.raises(DltuiError, match="a net that embeds"):
        d.build()(classify.build()(context(data(), {"model": net})))
