"""Members beside each other: each is a net of its own, and none sees what another is given."""

import torch

from dltui.engine.models import several_mlps


def test_each_answers_by_itself():
    net = several_mlps.build(members=3, inputs=4, hidden=[5], outputs=2)
    rows = torch.randn(6, 4)
    answers = net(rows)
    assert answers.shape == (3, 6, 2)
    assert all(torch.equal(answers[k], member(rows)) for k, member in enumerate(net.members))
    assert not torch.equal(answers[0], answers[1])  # they began apart


def test_each_may_have_rows_of_its_own():
    net = several_mlps.build(members=2, inputs=4, hidden=[], outputs=3)
    own = [torch.randn(6, 4), torch.randn(6, 4)]
    assert torch.equal(net(own)[1], net.members[1](own[1]))


def test_the_loss_of_one_moves_no_other():
    net = several_mlps.build(members=2, inputs=4, hidden=[5], outputs=2)
    net(torch.randn(6, 4))[0].sum().backward()
    first, second = (next(member.parameters()).grad for member in net.members)
    assert first.norm() > 0 and second.norm() == 0
