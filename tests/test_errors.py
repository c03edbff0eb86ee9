"""Suggestions: the nearest valid name, else the valid names, never nonsense."""

import pytest

from dltui.errors import DltuiError, ExitStatus, did_you_mean


@pytest.mark.parametrize(
    ("given", "valid", "said"),
    [
        ("vggg", ["vgg", "lenet"], 'Did you mean "vgg"?'),
        ("VGG", ["vgg", "lenet"], 'Did you mean "vgg"?'),
        ("transformer", ["vgg", "lenet"], "Valid: lenet, vgg."),
        ("x", [], ""),
        ("lenet", ["resnet", "lenet-mnist"], 'Did you mean "lenet-mnist"?'),
        ("mnist-lenet", ["select-genetic", "lenet-mnist", "mlp-mnist"], 'Did you mean "lenet-mnist"?'),
        ("mnist_lenet", ["lenet-mnist", "mlp-mnist"], 'Did you mean "lenet-mnist"?'),
        ("gan", ["wgan", "gan-mnist", "gan-2d"], 'Did you mean "gan-2d" or "gan-mnist"?'),
        ("mnist-lnet", ["mlp-mnist", "lenet-mnist"], 'Did you mean "lenet-mnist"?'),
        ("alexnett", ["resnet", "alexnet-shapes"], 'Did you mean "alexnet-shapes"?'),
        ("conv", ["cover", "convolution"], 'Did you mean "convolution"?'),
        ("lr", ["optimizer.lr", "model.layers"], 'Did you mean "optimizer.lr"?'),
        ("-", ["a-b", "c"], "Valid: a-b, c."),
    ],
)
def test_nearest_name(given, valid, said):
    assert did_you_mean(given, valid) == said


def test_a_long_list_is_cut():
    said = did_you_mean("zzzzzz", [f"kind{i:02}" for i in range(30)])
    assert said.endswith(" kind11, ...")


def test_an_error_reads_as_what_is_wrong_and_what_to_do():
    error = DltuiError("It broke.", "Mend it.", ExitStatus.DATA)
    assert str(error) == "It broke. Mend it."
    assert (error.message, error.hint, error.status) == ("It broke.", "Mend it.", 4)
    assert str(DltuiError("It broke.")) == "It broke."


def test_statuses_are_what_scripts_read():
    assert {status.name: int(status) for status in ExitStatus} == {
        "OK": 0,
        "FAILED": 1,
        "USAGE": 2,
        "NOT_FOUND": 3,
        "DATA": 4,
        "DIVERGED": 5,
        "DEVICE": 6,
        "CLAIM": 7,
        "INTERRUPTED": 130,
        "PIPE": 141,
        "TERMINATED": 143,
    }
