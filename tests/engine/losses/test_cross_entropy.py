"""Cross-entropy with several labels: 1 is shared by the classes that a row has."""

import pytest
import torch
from torch.nn.functional import kl_div

from dltui.engine.losses.cross_entropy import build, shared


def test_with_several_labels_it_is_least_where_the_net_predicts_equal_shares():
    """Its least value is the entropy of the shares; beyond that it is the divergence from them."""
    generator = torch.Generator().manual_seed(0)
    logits, labels = torch.randn(40, 5, generator=generator), torch.randint(0, 2, (40, 5), generator=generator)
    q, p = shared(labels.float()), build().probabilities(logits)
    entropy = -torch.special.xlogy(q, q).sum(1).mean()
    want = entropy + kl_div(p.log(), q, reduction="batchmean")
    assert build()(logits, labels).item() == pytest.approx(want.item(), rel=1e-4)


def test_shares_add_up_to_one_even_of_nothing():
    found = shared(torch.tensor([[1.0, 0, 1, 0], [0, 0, 0, 0], [0, 1, 0, 0]]))
    assert found.tolist() == [[0.5, 0, 0.5, 0], [0.25] * 4, [0, 1, 0, 0]]
