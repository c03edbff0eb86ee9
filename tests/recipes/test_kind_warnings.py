"""What a file of the user's own says and dltui does not read, and what a resumed run would lack: told by its line."""

import pytest

from dltui.recipes import kind_files, kind_warnings, schema
from dltui.recipes.kind_warnings import unread_bound
from dltui.recipes.option import Option

FILE = '''"""A part."""

import random

import numpy as np
import torch
from torch import nn

SECTION = "%s"
%s


def build(*, width: int = 8):
    """A part.

    width: units%s
    """
    return Part


class Part(nn.Module):
    def __init__(self, x):
        super().__init__()
        self.register_buffer("kept", torch.zeros(1))
        self.calls = 0

%s
'''
METHOD = """    def {}(self{}):
        {}
"""


@pytest.fixture
def warned(tmp_path, monkeypatch):
    """Returns what is said of a part, without the file's name."""
    monkeypatch.setattr(schema, "_declared", {})

    def warn(section="probe", constants="", told=", at least 1.", method=""):
        (tmp_path / "part.py").write_text(FILE % (section, constants, told, method))
        paths = kind_files.declare(["part.py"], tmp_path)
        return [text.partition("part.py:")[2] for text in kind_warnings.of_files(paths)]

    return warn


@pytest.mark.parametrize(
    ("said", "instead"),
    [
        ("share, between 0 and 1", "at least 0, at most 1"),
        ("share, in (0, 1)", "above 0, below 1"),
        ("share in [0, 1)", "at least 0, below 1"),
        ("> 0", "above 0"),
        (">= 2", "at least 2"),
        ("a positive number", "above 0"),
        ("non-negative", "at least 0"),
        ("no more than 5", "at most 5"),
        ("from 1 to 9", "at least 1, at most 9"),
        ("at least one", "at least 1"),
        ("at most 1,000", "at most 1000"),
        ("at least 1e+3", "at least 1000"),
        ("at least 1/2", "at least N, a plain number"),
        ("above 0, in (0, 1)", "above 0, below 1"),
    ],
)
def test_a_bound_that_is_not_read_is_told_with_one_that_is(said, instead):
    """Guards an option that its author takes for bounded, and that takes anything."""
    found, told = unread_bound(said)
    assert found in said and told == instead
    if "N" not in told:
        number = Option("x", "float", 0.5, (), told)
        assert any(number.problem(value) for value in (-7.0, 1e6)), "what is proposed is read as a bound"


@pytest.mark.parametrize(
    "said",
    [
        "at least 0, at most 1",
        "above 0; twice as many as before",
        "units of 3 layers",
        "weight of the positive class",
        "at most 1e-3",
        "at least -1, below 1; more than 2 would be too many",
    ],
)
def test_what_is_read_or_bounds_nothing_is_left_alone(said):
    assert unread_bound(said) == ("", "")


def test_options_are_told_by_their_line(warned):
    assert warned(told=", between 1 and 9.") == [
        '13: "between 1 and 9" in the line of option width bounds nothing. Write: "at least 1, at most 9"'
    ]
    assert warned() == []


def test_a_line_of_an_option_that_is_misspelt(warned, tmp_path):
    assert warned() == []
    (tmp_path / "part.py").write_text(
        (tmp_path / "part.py").read_text().replace("    width: units", "    widht: units")
    )
    [said] = kind_warnings.of_files(kind_files.declare(["part.py"], tmp_path))
    assert said.endswith('tells of "widht", which is no option. Is it width?')


@pytest.mark.parametrize(
    ("constants", "words"),
    [
        ("TASKS = tuple(['classify'])", "10: TASKS is not a literal, and is not read"),
        ("TASK = ('classify',)", '10: TASK means nothing to dltui. Did you mean "TASKS"?'),
        ("TASKS = ('clasify',)", '10: TASKS names "clasify", which is no task. Did you mean "classify"?'),
    ],
)
def test_constants_that_say_nothing(warned, constants, words):
    assert warned(constants=constants) == [words]


def test_an_annotated_constant_is_read(warned):
    """Guards METRICS: dict = {...}, which was passed over in silence."""
    assert warned(constants="LIVE: tuple = ('width',)") == []
    assert schema.find("probe", "part").constants["LIVE"] == ("width",)


@pytest.mark.parametrize(
    ("section", "line", "words"),
    [
        ("probe", "x = random.random()", "random.random(): Python's random is no part of the run's seed"),
        ("probe", "x = np.random.rand(3)", "np.random.rand(): NumPy's random"),
        ("probe", "torch.manual_seed(3)", "torch.manual_seed() sets back what the whole run draws"),
        ("probe", "x = np.random.default_rng(3)", ""),
        ("probe", "x = torch.rand(3)", ""),
        ("data", "x = torch.rand(3)", "draws other rows in each run"),
        ("data", "x = torch.rand(3, generator=g)", ""),
    ],
)
def test_what_a_seed_does_not_decide(warned, section, line, words):
    constants = 'SOURCES = ("builtin",)\nGIVES = ("points",)' if section == "data" else ""
    found = warned(section, constants, method=METHOD.format("evaluate", "", line))
    assert len(found) == bool(words) and all(words in text for text in found)


@pytest.mark.parametrize(
    ("section", "method", "line", "told"),
    [
        ("probe", "after_step", "self.calls += 1", True),
        ("probe", "after_step", "self.kept += 1", False),
        ("probe", "after_step", "self.seen = 3", False),
        ("probe", "evaluate", "self.calls += 1", False),
        ("model", "forward", "self.calls = self.calls + 1", True),
        ("model", "forward", "self.maps = 3", False),
        ("algorithm", "step", "self.calls, self.kept = 2, self.kept + self.calls", True),
        ("algorithm", "step", "self.kept = self.kept + 1", False),
        ("optimizer", "step", "self.calls += 1", True),
    ],
)
def test_state_that_no_checkpoint_holds(warned, section, method, line, told):
    """Guards a resumed run that goes on from another state than it was left in."""
    found = warned(section, method=METHOD.format(method, ", *x", line))
    assert len(found) == told
    assert all(f"self.calls changes in {method}() and is in no checkpoint" in text for text in found)
