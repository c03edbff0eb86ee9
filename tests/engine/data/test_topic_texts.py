"""Texts of topics: built in, and the user's own."""

import torch

from dltui.engine.data import topic_texts


def test_more_training_rows_leave_the_test_as_it_is_but_for_its_vocabulary():
    few, many = (topic_texts.build(train_rows=rows).builtin() for rows in (80, 400))
    assert torch.equal(few.test.targets, many.test.targets)
    assert len(few.train.inputs) == 80 and len(many.train.inputs) == 400
    assert few.train.inputs.max() < few.facts["symbols"]


def test_no_test_row_is_trained_on():
    data = topic_texts.build(train_rows=400).builtin()
    seen = {tuple(row) for row in data.train.inputs.tolist()}
    assert not seen & {tuple(row) for row in data.test.inputs.tolist()}


def test_texts_of_the_users_own(tmp_path):
    lines = [f"{word} {number}\t{label}" for number in range(20) for word, label in (("warm", "up"), ("cold", "down"))]
    (tmp_path / "texts.tsv").write_text("\n".join(["text\tlabel", *lines]))
    data = topic_texts.build(train_rows=10, test_rows=8).path(tmp_path / "texts.tsv", lambda _: None)
    assert data.classes == ("down", "up") and len(data.train.inputs) == 10
