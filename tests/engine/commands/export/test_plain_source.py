"""A net's source becomes one file that means the same: names that two modules share are told apart, comments stay."""

import sys

import pytest

from dltui.engine.commands.export import module_source
from dltui.engine.commands.export.plain_source import plain
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes import schema


@pytest.fixture
def package(tmp_path, monkeypatch):
    """package(net="...", layers="...") -> the source of the module `net` of a package that can be imported."""
    number = len(sys.modules)

    def make(**modules: str) -> module_source.ModuleSource:
        name = f"some_nets_{number}"
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("")
        for module, text in modules.items():
            (tmp_path / name / f"{module}.py").write_text(text.replace("HERE", name))
        monkeypatch.syspath_prepend(str(tmp_path))
        return module_source.of_name(f"{name}.net")

    return make


def run_of(source: module_source.ModuleSource, name: str = "build", reserved: tuple[str, ...] = ()) -> tuple[dict, str]:
    """The definitions of the one file, and its text without the headings that say where parts are from."""
    copied = plain([(source, name)], reserved)
    text = "\n".join([*copied.imports, copied.text])
    found: dict = {}
    exec(compile(text, "one file", "exec"), found)
    return found, "\n".join(line for line in text.splitlines() if not line.startswith("# -- "))


def test_what_is_not_used_is_left_out_and_comments_stay(package):
    source = package(
        net="""
from HERE.layers import twice

# a comment above
SIDE = 3  # a comment beside


def build():
    return twice(SIDE)


def unused():
    return twice(0)


if __name__ == "__main__":
    raise SystemExit
""",
        layers="def twice(x):\n    return 2 * x\n\n\ndef thrice(x):\n    return 3 * x\n",
    )
    found, text = run_of(source)
    assert found["build"]() == 6
    assert "# a comment above\nSIDE = 3  # a comment beside" in text
    assert "unused" not in text and "thrice" not in text and source.top not in text


def test_two_things_of_one_name_stay_two_and_locals_are_not_renamed(package):
    source = package(
        net="""
from HERE import layers
from HERE.layers import block as other, size


def block(x):
    return x + 1


def build(count=2):
    values = [other(size) for size in range(count)]  # a local size
    return block(values[-1]), layers.block(size), [block for block in values]
""",
        layers="size = 10\n\n\ndef block(x):\n    return _of(x)\n\n\ndef _of(block):\n    return block * size\n",
    )
    found, text = run_of(source)
    assert found["build"]() == (11, 100, [0, 10])
    assert "layers_block(size) for size in range(count)" in text


def test_names_that_the_file_has_for_itself_are_given_up(package):
    source = package(net="def load():\n    return 5\n\n\ndef build():\n    return load()\n")
    found, _ = run_of(source, reserved=("load",))
    assert found["build"]() == 5 and "load" not in found and found["net_load"]() == 5


def test_imports_of_others_stay_under_the_name_that_they_were_given(package):
    source = package(
        net="import json as j\nimport os.path\nfrom HERE.layers import dumped\n\n\n"
        "def build():\n    return j.dumps(dumped([1])), os.path.join('a', 'b'), max(1, 2)\n",
        layers="from json import dumps as j\n\n\ndef max(x):\n    return x\n\n\ndef dumped(x):\n    return j(max(x))\n",
    )
    assert run_of(source)[0]["build"]() == ('"[1]"', "a/b", 2)


def test_a_module_comes_before_those_that_use_it_as_it_is_imported(package):
    source = package(
        net="from HERE.first import A\nfrom HERE.second import B\n\n\ndef build():\n    return A, B\n",
        first="class A:\n    pass\n\n\ndef late():\n    from json import dumps\n    return dumps\n",
        second="from HERE.third import C\n\n\nclass B(C):\n    pass\n",
        third="from HERE.first import A, late\n\n\nclass C(A):\n    of = late()\n",
    )
    A, B = run_of(source)[0]["build"]()
    assert issubclass(B, A) and B.of([1]) == "[1]"


def test_an_error_of_dltui_becomes_pythons_own(package):
    source = package(
        net="from dltui.errors import DltuiError, ExitStatus\n\n\ndef build(width=0):\n"
        "    if not width:\n"
        "        raise DltuiError(\n            f'{width} is none.',\n            'Take another.',\n"
        "            status=ExitStatus.USAGE,\n        )\n    return width\n"
    )
    found, text = run_of(source)
    with pytest.raises(ValueError, match=r"^0 is none\.$"):
        found["build"]()
    assert "DltuiError" not in text and "ExitStatus" not in text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("from HERE.layers import *\n\n\ndef build():\n    return block\n", "import \\*"),
        ("def build():\n    from HERE.layers import block\n    return block\n", "within a definition"),
        ("from HERE import layers\n\n\ndef build():\n    return vars(layers)\n", "as a whole"),
        ("import HERE.layers\n\n\ndef build():\n    return HERE.layers.block\n", "cannot be copied as a whole"),
        ("from HERE.layers import gone\n\n\ndef build():\n    return gone\n", "no gone"),
    ],
)
def test_what_cannot_be_told_from_the_source_is_refused_with_its_place(package, text, told):
    with pytest.raises(DltuiError, match=told) as fault:
        run_of(package(net=text, layers="block = 1\n"))
    assert fault.value.status == ExitStatus.USAGE and "net.py:" in fault.value.message and fault.value.hint


@pytest.mark.parametrize("kind", sorted(schema.own_kinds("model")))
def test_every_family_of_models_becomes_one_file_without_dltui(kind):
    found, text = run_of(module_source.of_name(f"dltui.engine.models.{kind}"))
    assert callable(found["build"]) and "dltui" not in text


def test_a_package_of_the_users_goes_into_the_file_by_its_relative_imports_too(package):
    """An annotation that is never evaluated there may name what is not defined yet."""
    source = package(
        net="from __future__ import annotations\n\nfrom .layers import block as brick\n\n\n"
        "def build() -> Later | None:\n    return brick()\n\n\nclass Later:\n    pass\n",
        layers="def block():\n    return 7\n",
    )
    found, text = run_of(source)
    assert found["build"]() == 7 and "import brick" not in text
