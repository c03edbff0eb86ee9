"""Masks over pictures: each label over its own copy, and errors by their kinds."""

import torch

from dltui.engine.pictures.masks import DIM, error_kinds, errors, overlays


def test_each_picture_stands_once_for_each_of_its_labels():
    """Guards against labels laid over another picture."""
    pictures = torch.stack([torch.full((3, 2, 2), level) for level in (0.2, 0.8)])
    truth, found = torch.tensor([[[0, 1], [0, 0]], [[2, 2], [2, 2]]]), torch.zeros(2, 2, 2, dtype=torch.long)
    sheet = overlays(pictures, [truth, found], ("ground", "a", "b"), ["truth", "found"])
    assert sheet["masks"].tolist() == [[0, 1, 0, 0], [0, 0, 0, 0], [2, 2, 0, 0], [2, 2, 0, 0]]
    assert (sheet["pixels"][:2] == round(DIM * 51)).all() and (sheet["pixels"][2:] == round(DIM * 204)).all()
    assert sheet["classes"] == ["a", "b"] and sheet["captions"] == ["truth", "found"] * 2
    assert (sheet["rows"], sheet["columns"]) == (2, 2)


def test_errors_are_missed_made_up_or_of_another_class():
    truth, predicted = torch.tensor([[[0, 0, 1, 1, 2]]]), torch.tensor([[[0, 2, 1, 0, 1]]])
    assert error_kinds(predicted, truth).tolist() == [[[0, 2, 0, 1, 3]]]
    sheet = errors(torch.ones(1, 3, 1, 5), [predicted, truth], truth, ["net", "truth"])
    assert sheet["masks"].tolist() == [[0, 2, 0, 1, 3, 0, 0, 0, 0, 0]]
    assert sheet["classes"] == ["missed", "made up", "wrong class"] and sheet["pixels"].ndim == 2
