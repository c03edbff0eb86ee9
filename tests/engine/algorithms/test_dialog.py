"""A dialogue that books a table: users who keep to their goal, a mixture that sums to 1, copying of unknown words."""

import pytest
import torch

from dltui.engine.algorithms.dialog import Replier, build
from dltui.engine.generators import bookings
from dltui.engine.generators.bookings import BOOKED, NAMES, NEW_NAMES, QUESTIONS, SLOTS, script, users
from dltui.engine.reading.sentences import UNKNOWN
from tests.engine.conftest import context


def made(**options):
    torch.manual_seed(1)
    return build(**{"train_rows": 30, "hidden": 8, "embedding": 8, "batch": 8, **options})(context())


def test_the_script_reaches_every_goal():
    for user in users(100, 3, NEW_NAMES):
        turns = script(user)
        assert turns[-1][1].split() == [BOOKED, *user.goal] and len(turns) <= len(SLOTS) + 1
        assert all(value in turns[-1][0].split() for value in user.goal)


def test_a_user_answers_what_is_asked_and_nothing_else():
    (user,) = users(1, 0, NAMES)
    user.opening()
    assert all(getattr(user.goal, slot) in user.answer(QUESTIONS[slot]) for slot in SLOTS)
    assert user.answer("hello") == bookings.PUZZLED and bookings.scripted([], user.goal) == QUESTIONS["day"]


@pytest.mark.parametrize("copy", [True, False])
@torch.no_grad()
def test_the_mixture_is_a_distribution(copy):
    torch.manual_seed(0)
    net = Replier(20, 6, 5, copy)
    said = torch.randint(4, 25, (3, 7))
    read, state = net.net.encode(net.read(said))
    out, _, alpha = net.net.step(net.net.words(torch.tensor([1, 1, 1])), state, read)
    generated, copied = net.mixed(out, alpha)
    assert torch.allclose(generated.sum(1) + copied.sum(1), torch.ones(3)) and bool(copied.any()) == copy


@torch.no_grad()
def test_what_is_not_known_can_only_be_copied():
    torch.manual_seed(0)
    net = Replier(20, 6, 5, copy=True)
    net.gate.bias.fill_(-50.0)  # it always copies
    said = torch.tensor([[22, 22, 22]])
    assert (net.read(said) == UNKNOWN).all()
    words, shares = net.reply(said, 25)
    assert (words == 22).all() and torch.allclose(shares, torch.ones(1, 6))
    net.gate.bias.fill_(50.0)
    assert (net.reply(said, 25)[0] < 20).all()


@torch.no_grad()
def test_a_booking_is_right_only_whole():
    dialog = made()
    talk = dialog.talks(NAMES)[0]._replace(booked=None)
    of = dialog.number
    for words, right in ((talk.user.goal, True), (talk.user.goal[:2], False), ((*talk.user.goal, "no"), False)):
        done = dialog._gone_on(talk, [of[word] for word in (BOOKED, *words)], [0.0] * 5)
        assert (done.booked == talk.user.goal) == right and done.booked is not None


def test_it_goes_on_where_it_was_and_starts_with_finite_values():
    dialog = made()
    with torch.no_grad():
        assert dialog.evaluate()["goal"] == 0
        assert [one.pane for one in dialog.pictures()] == ["dialogue", "slots"]
    first = dialog.step()["loss"]
    for _ in range(8):
        last = dialog.step()["loss"]
    assert last < first
    copy = made()
    copy.load_state_dict(dialog.state_dict())
    losses = []
    for one in (dialog, copy):
        torch.manual_seed(7)
        losses.append([one.step()["loss"] for _ in range(2)])
    assert losses[0] == losses[1]
