"""What is written beside what is right: words before the first fault are counted, lengths share a point of a curve."""

import torch

from dltui.engine.probes.translations import build
from tests.engine.tasks.test_translate import Copies, made


def shown(task):
    with torch.no_grad():
        return {picture.pane: picture.payload for picture in build()(task).pictures()}


def test_the_table_counts_the_words_before_the_first_fault():
    task = made(Copies())
    pictures = shown(task)
    assert pictures["translations"]["rows"] == [
        [1, "1/1", "один", "один"],
        [3, "1/3", "два два один", "два три один"],
        [3, "0/3", "два два два", "три два два"],
    ]
    assert "by length" not in pictures, "nothing was judged yet"


def test_the_curve_is_the_share_right_of_each_length():
    task = made(Copies())
    task.evaluate()
    curve = shown(task)["by length"]["curves"][0]
    assert (curve["x"], curve["y"]) == ([1, 4], [1, 0])
