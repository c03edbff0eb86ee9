"""The signature of build() is the schema: read from source that could not even be imported."""

import sys
from importlib.metadata import EntryPoint

import pytest

from dltui.errors import DltuiError
from dltui.recipes import schema

NET = ["width", "hidden", "activation", "dropout", "depth", "bias", "note", "files"]


def option(kind: str, name: str) -> schema.Option:
    return schema.find("model", kind).options[name]


def test_a_component_is_read_and_not_imported(kinds):
    net = schema.find("model", "net")
    assert list(net.options) == NET
    assert net.options["hidden"] == ("hidden", "list[int]", [32, 16], (), "units of each layer, each at least 1.")
    assert net.options["activation"].choices == ("relu", "tanh")
    assert net.options["activation"].described == "relu | tanh"
    assert net.options["note"].help == ""
    assert (net.kind, net.doc, net.constants) == ("net", "A net.", {"ROLES": ("a", "b")})
    assert schema.find("task", "sort").doc == "Rows are sorted into classes."
    assert not any(str(kinds) in str(getattr(module, "__file__", "")) for module in list(sys.modules.values()))


@pytest.mark.parametrize(
    ("name", "value", "wrong"),
    [
        ("width", 1, ""),
        ("width", 0, "must be at least 1, not 0"),
        ("width", 2.0, "must be a whole number, not 2.0"),
        ("width", True, "must be a whole number, not true"),
        ("width", "4", "must be a whole number, not '4'"),
        ("width", None, "must be a whole number, not None"),
        ("hidden", [], ""),
        ("hidden", [4, 0], "must be at least 1, not [4, 0]"),
        ("hidden", [4, "x"], "must be a list of int values, not [4, 'x']"),
        ("hidden", 4, "must be a list of int values, not 4"),
        ("dropout", 0, ""),
        ("dropout", 0.999, ""),
        ("dropout", False, "must be a number, not false"),
        ("dropout", 1, "must be below 1, not 1"),
        ("width", 2**32 - 1, ""),
        ("width", 2**32, "must be at most 4294967295, not 4294967296"),
        ("depth", -(2**32), "must be at least -4294967295, not -4294967296"),
        ("hidden", [4, 2**64], "must be at most 4294967295, not [4, 18446744073709551616]"),
        ("width", [8] * 99, f"must be a whole number, not {str([8] * 99)[:56]} ..."),
        ("dropout", float("inf"), "must be a finite number, not inf"),
        ("dropout", -(10**400), f"must be at least 0, not {str(-(10**400))[:56]} ..."),
        ("dropout", float("nan"), "must be a finite number, not nan"),
        ("depth", None, ""),
        ("depth", 3, ""),
        ("depth", "deep", "must be a whole number, not 'deep'"),
        ("bias", False, ""),
        ("bias", 0, "must be true or false, not 0"),
        ("note", 3, "must be a text, not 3"),
        ("activation", "tanh", ""),
        ("activation", "tahn", "must be one of relu, tanh, not 'tahn'. Did you mean \"tanh\"?"),
        ("activation", ["relu"], "must be one of relu, tanh, not ['relu']. Did you mean \"relu\"?"),
    ],
)
def test_values(kinds, name, value, wrong):
    assert option("net", name).problem(value) == wrong


def test_private_modules_are_no_kinds(kinds):
    assert list(schema.own_kinds("model")) == ["net", "slim"]


def test_an_unknown_kind_names_the_nearest(kinds):
    with pytest.raises(DltuiError) as caught:
        schema.find("model", "slimm")
    assert str(caught.value) == 'kind "slimm" is unknown. Did you mean "slim"? See: dltui kinds models'
    assert caught.value.status == 2


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("x = 1", "no build"),
        ("def build(width=3): ...", "keyword-only"),
        ("def build(width, /): ...", "keyword-only"),
        ("def build(**more): ...", "keyword-only"),
        ("def build(*widths): ...", "keyword-only"),
        ("def build(*, width): ...", "needs a type and a default"),
        ("def build(*, width: int): ...", "needs a type and a default"),
        ("def build(*, width=3): ...", "needs a type and a default"),
        ("def build(*, width: int = 1 << 4): ...", "not a literal"),
        ("def build(*, width: complex = 1): ...", "no recipe can give: complex"),
        ("def build(*, width: 'Literal[1] | None' = 1): ...", "no recipe can give"),
    ],
)
def test_a_source_that_breaks_the_house_rules_is_told(tmp_path, source, told):
    """A rule broken here would else show as a traceback on a user's first mistake."""
    path = tmp_path / "kind.py"
    path.write_text(source)
    with pytest.raises(DltuiError, match=told):
        schema.read(path)


def test_real_kinds_keep_the_house_rules():
    for section in schema.FOLDERS:
        for kind in schema.own_kinds(section):
            for name, found in schema.find(section, kind).options.items():
                assert found.help, f"{section} {kind}: {name} has no line in the docstring"
                assert found.problem(found.default) == "", f"{section} {kind}: the default of {name}"


def test_kinds_of_other_packages(kinds, tmp_path, monkeypatch):
    """Found by entry point, not imported; ours win; a package that is half removed spoils only its own."""
    monkeypatch.setattr(schema, "_declared", {})  # those of exercises, of tests before
    package = tmp_path / "foreign_kinds_of_a_test"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "wide.py").write_text("raise SystemExit\ndef build(*, span: int = 3):\n    ...\n")
    monkeypatch.syspath_prepend(tmp_path)
    points = [
        EntryPoint("model.wide", "foreign_kinds_of_a_test.wide", "dltui.kinds"),
        EntryPoint("model.net", "foreign_kinds_of_a_test.wide", "dltui.kinds"),
        EntryPoint("model.gone", "package_that_was_removed.gone", "dltui.kinds"),
        EntryPoint("data.table", "foreign_kinds_of_a_test.wide", "dltui.kinds"),
    ]
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: points)
    assert set(schema.kinds("model")) == {"net", "slim", "wide"}
    assert list(schema.find("model", "wide").options) == ["span"]
    assert list(schema.find("model", "net").options) == NET
    with pytest.raises(DltuiError, match="unknown"):
        schema.find("model", "gone")
