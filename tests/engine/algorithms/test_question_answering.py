"""Questions about stories: stories that hold their answer, weights as the formula has them, a run that resumes."""

import pytest
import torch

from dltui.engine.algorithms.question_answering import build
from dltui.engine.generators.stories import FIRST_MOVE, FIRST_PLACE, FIRST_THOUGHT, SHORTEST, stories
from tests.engine.conftest import context


def made(**options):
    torch.manual_seed(1)
    return build(**options)(context())


def test_the_deciding_line_is_the_last_move_of_the_person_asked_for():
    """By reading each story line by line."""
    told = stories(300, 7, torch.Generator().manual_seed(3))
    for lines, there, asked, answer, deciding in zip(*told, strict=True):
        read = [number for number in range(7) if there[number]]
        assert len(read) >= SHORTEST and read == list(range(7 - len(read), 7)) and not lines[~there].any()
        moves = [n for n in read if lines[n, 0] == asked and FIRST_MOVE <= lines[n, 1] < FIRST_THOUGHT]
        assert moves[-1] == deciding and lines[deciding, 3] == FIRST_PLACE + answer


def test_a_story_has_as_many_lines_as_asked_and_the_same_seed_tells_the_same():
    a, b = (stories(50, 4, torch.Generator().manual_seed(5)) for _ in range(2))
    assert a.there.all() and all(torch.equal(*parts) for parts in zip(a, b, strict=True))


@pytest.mark.parametrize("reads", ["attention", "bag", "last_line"])
def test_the_weights_are_those_of_the_lesson(reads):
    net = made(reads=reads).net
    told = stories(1, 8)
    _, weights = net.requires_grad_(False)(told)
    n = int(told.there.sum())
    k = net.keys(told.lines)[0, -n:].sum(1) + net.ages[-n:]
    want = {"attention": (k @ net.question(told.asked)[0]).softmax(0), "bag": torch.full((n,), 1 / n)}
    want["last_line"] = torch.eye(n)[-1]
    assert torch.allclose(weights[0, -n:], want[reads], atol=1e-6) and not weights[0, :-n].any()


def test_it_learns_and_goes_on_where_it_was():
    process = made()
    for _ in range(150):
        process.step()
    with torch.no_grad():
        assert process.evaluate()["accuracy"] > 0.6
    copy = made()
    copy.load_state_dict(process.state_dict())
    losses = []
    for one in (process, copy):
        torch.manual_seed(7)
        losses.append([one.step()["loss"] for _ in range(3)])
    assert losses[0] == losses[1]


def test_a_bag_finds_nothing_and_every_picture_is_a_payload():
    with torch.no_grad():
        process = made(reads="bag")
        assert process.evaluate()["found"] == 0
        assert [one.pane for one in process.pictures()] == ["stories", "accuracy by age"]
