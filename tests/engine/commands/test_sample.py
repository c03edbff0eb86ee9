"""Samples of a trained run: of one class, in a grid, as a film."""

from types import SimpleNamespace

import pytest
import torch
from PIL import Image

from dltui.engine.commands import sample as command
from dltui.engine.commands.sample import Asked, sample
from dltui.errors import DltuiError
from dltui.runs.run import Run


class Task:
    """Draws pictures that are all as light as the number of their class."""

    rows = SimpleNamespace(classes=("zero", "one", "two"), device=torch.device("cpu"))
    conditional = True

    def sample(self, count):
        return torch.rand(count, 1, 4, 4)

    def sample_classes(self, labels):
        return (labels / 4)[:, None, None, None].expand(-1, 1, 4, 4)

    def way(self, count, labels):
        for moment in range(60):
            yield torch.full((count, 1, 4, 4), moment / 60)


@pytest.fixture
def asked(tmp_path, monkeypatch):
    """asked(task, label="one") -> what is answered."""

    def ask(task: object, **changes: object) -> dict:
        from contextlib import nullcontext

        recipe = SimpleNamespace(task=SimpleNamespace(kind="fake"))
        learner = SimpleNamespace(task=task, recipe=recipe, evaluation_mode=nullcontext)
        monkeypatch.setattr(command, "open_learner", lambda *_: (learner, None))
        monkeypatch.setattr(command, "step_used", lambda *_: {})
        given = Asked(count=6, seed=0, variant="", label="", columns=0, film=False)._replace(**changes)
        return sample(Run(tmp_path), given)

    return ask


def test_the_class_that_is_asked_for_is_drawn_in_the_columns_that_are(asked):
    answer = asked(Task(), label="two", columns=3)
    picture = Image.open(answer["files"][0])
    assert picture.size == (3 * 4, 2 * 4) and picture.getextrema() == (round(255 * 2 / 4),) * 2


def test_the_same_seed_draws_the_same(asked):
    one, two, three = (Image.open(asked(Task(), seed=seed)["files"][0]).tobytes() for seed in (1, 1, 2))
    assert one == two != three


def test_a_film_ends_with_the_samples_and_has_few_pictures_of_a_long_way(asked):
    _, film = asked(Task(), film=True)["files"]
    with Image.open(film) as gif:
        assert gif.n_frames == command.MOVES
        gif.seek(gif.n_frames - 1)
        assert gif.convert("L").getpixel((0, 0)) == pytest.approx(255 * 59 / 60, abs=3)


@pytest.mark.parametrize(
    ("without", "changes", "told"),
    [
        ("conditional", {"label": "one"}, "was not told classes"),
        (None, {"label": "three"}, 'knows no class "three"'),
        ("way", {"film": True}, "at once: there is no way to film"),
    ],
)
def test_what_cannot_be_drawn_is_told(asked, without, changes, told):
    parts = {name: part for name, part in vars(Task).items() if name != without}
    with pytest.raises(DltuiError, match=told):
        asked(type("Other", (), parts)(), **changes)
