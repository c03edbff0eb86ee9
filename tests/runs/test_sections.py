"""A recipe that is read section by section says what the whole text says, or is told to be no such text."""

import json

import pytest
import tomli
import tomli_w
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dltui.recipes import files
from dltui.runs import sections

HEAD = 'title = "x"\n'
ODD = (
    HEAD + '[lesson]\nen = """\na\n[model]\nkind = "cnn"\n"""\n[model]\nkind = "mlp"\n',  # a header inside a text
    HEAD + "[model]\nhidden = [\n[1, 2],\n[3]\n]\n",  # a list that goes on over such a line
    HEAD + '[model]\nkind = "mlp"\n  [optimizer]\n  kind = "adam"\n',
    HEAD + '[model]\nkind = "mlp"\n  [[probe]]\n  kind = "maps"\n',
    HEAD + '[[probe]]\nkind = "maps"\n[[probe]]\nkind = "x"\n',
    HEAD + '[model]\nnet = { kind = "mlp" }\n[model.other]\nkind = "cnn"\n',
    HEAD + '[model.net]\nkind = "mlp"\n[model]\nwidth = 3\n',
    HEAD + '[model."a.b"]\nkind = "mlp"\n["model"."c d"]\nkind = "cnn"\n',
    HEAD + '[model] # of the run\nkind = "mlp" # so\n# nothing\n\nwidth = 0x10\n',
    HEAD + "[optimizer]\nlr = 1e-3\nbeta1 = 0.90\neps = -0.0\nsteps = -5\nbig = 9223372036854775807\n",
    HEAD + "[optimizer]\nlr = 1_000\ngain = +2\nday = 2026-01-01\n",
    HEAD + '[optimizer]\nlr.begin = 0.1\nlr.end = 0.2\n[variants."a b"]\n"optimizer.lr" = 0.5\n',
    HEAD.replace("\n", "\r\n") + '[model]\r\nkind = "mlp"\r\nwidth = 4\r\n',
    '[model]\nkind = "mlp"',
    "",
)
BROKEN = (
    '[model]\nkind = "mlp"\n[model]\nwidth = 3\n', "[model]\nwidth = 3\nwidth = 4\n", "[model]\nwidth = 007\n",
    "[model]\nnet = { width = 3 }\n[model.net]\ndepth = 3\n", "[model]\nnet = { width = 3 }\n[model.net.more]\nx = 1\n",
    "[model]\nnet = 3\n[model.net]\nx = 1\n", "[model\nwidth = 3\n", "[model]\nwidth = 3 4\n", "[model]\nwidth\n",
    '[model]\ntext = """\n[optimizer]\nlr = 1\n', "[model]]\nwidth = 3\n", "[model]\nlr = inf\n", "[]\nx = 1\n",
    "[model]\nwidth = 99999999999999999999\n", "title = 1\n[title]\nx = 1\n", "\xff",
)  # fmt: skip


def check(data: bytes):
    told = sections.of_text(data)
    if told is None:
        return False
    whole = sections.of_table(files.table_of(data.decode(), ""))
    assert told[0] == whole and list(map(type, told[0].values.values())) == list(map(type, whole.values.values()))
    if told[1]:
        values, kinds = json.loads(told[1])
        assert values == whole.values and tuple(map(tuple, kinds)) == whole.kinds
    return True


def test_every_recipe_is_told_section_by_section():
    assert all(check(path.read_bytes()) for path in files.files().values())


@pytest.mark.parametrize("text", ODD)
def test_odd_texts_are_told_as_the_whole_is_or_not_at_all(text):
    check(text.encode())


@pytest.mark.parametrize("text", BROKEN)
def test_what_is_no_recipe_is_not_told(text):
    assert sections.of_text(text.encode("latin-1")) is None


NAMES = st.sampled_from(["model", "optimizer", "train", "variants", "lesson", "a", "kind", "lr", "x.y", "[z"])
LEAVES = (
    st.integers(-9, 10**17) | st.floats(allow_nan=False, allow_infinity=False) | st.booleans() | st.text(max_size=9)
)
TABLES = st.recursive(
    st.dictionaries(NAMES, LEAVES | st.lists(LEAVES, max_size=3), max_size=4),
    lambda inner: st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=8,
)
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@UNHURRIED
@given(TABLES, st.booleans())
def test_any_table_is_told_as_the_whole_is(table, lines):
    check(tomli_w.dumps(table, multiline_strings=lines).encode())


@UNHURRIED
@given(st.lists(st.sampled_from(["[a]", "[model]", "[model.n]", "[[model]]", "kind = 'k'", "n.kind = 1", "n = {}",
    "n = [", "]", "'''", '"""', "lr = 1", " [train]", "steps = 2 # '''", "", "kind = {x = 1}"])))  # fmt: skip
def test_lines_in_any_order_are_told_as_the_whole_is_or_not_at_all(lines):
    data = "\n".join(lines).encode()
    try:
        tomli.loads(data.decode())
    except tomli.TOMLDecodeError:
        assert sections.of_text(data) is None
    else:
        check(data)
