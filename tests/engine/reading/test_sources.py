"""Where rows come from: as asked, or as `auto` finds, and told in one phrase."""

import inspect

import pytest

from dltui.engine.contracts import kinds
from dltui.engine.reading import hub_requests, sources
from dltui.engine.reading.reading_options import FOLDERS, OF
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes import schema
from dltui.recipes.recipe import Section
from tests.engine.hub_standin import mnist_files, standing_in

MNIST = Section("mnist", {"train_rows": 10, "test_rows": 10})


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("DLTUI_CACHE", str(tmp_path / "cache"))


def silent(text: str) -> None:
    pass


def test_auto_takes_the_hub_that_answers_and_then_the_cache(monkeypatch):
    with standing_in(monkeypatch, mnist_files()):
        assert sources.load(MNIST, "auto", silent).detail == "ylecun/mnist, fetched from the hub"
    data = sources.load(MNIST, "auto", silent)  # the hub is gone
    assert (data.source, data.detail, data.notes) == ("hub", "ylecun/mnist, from the cache", ())


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (503, "ylecun/mnist: the hub answered 503"),
        ("hang", "ylecun/mnist: the hub did not answer in 0.3 s"),
        ("drop", "ylecun/mnist: the hub cannot be reached: "),
        ("cut always", "ylecun/mnist: the download of mnist/train-00000-of-00001.parquet broke off after"),
    ],
)
def test_auto_takes_what_is_built_in_where_the_hub_fails_and_says_why(monkeypatch, fault, reason):
    if fault == "hang":
        monkeypatch.setattr(hub_requests, "PREFLIGHT_SECONDS", 0.3)
    with standing_in(monkeypatch, mnist_files(), fault):
        data = sources.load(MNIST, "auto", silent)
    assert data.source == "builtin"
    assert data.detail.startswith(f"generated digits ({reason}")
    assert data.notes[0].startswith(reason) and data.notes[0].endswith("training on generated digits instead")


def test_the_hub_by_name_does_not_fall_back(monkeypatch):
    with standing_in(monkeypatch, mnist_files(), 503), pytest.raises(DltuiError, match="answered 503"):
        sources.load(MNIST, "hub", silent)


def test_auto_of_a_kind_that_the_hub_has_not_asks_nobody(monkeypatch):
    with standing_in(monkeypatch, mnist_files()) as server:
        data = sources.load(Section("clouds", {"shape": "moons"}), "auto", silent)
        assert (data.source, data.notes, server.asked) == ("builtin", (), [])


def test_a_source_that_a_kind_lacks_is_refused_with_those_it_has():
    with pytest.raises(DltuiError, match='data "clouds" is not to be had from the hub') as raised:
        sources.load(Section("clouds", {"shape": "moons"}), "hub", silent)
    assert raised.value.status == ExitStatus.DATA
    assert raised.value.hint == "Valid: builtin, a path."


def test_a_path_is_read_as_the_users_own(tmp_path):
    (tmp_path / "points.csv").write_text("a,b,label\n" + "1,2,x\n4,5,y\n" * 5)
    data = sources.load(Section("clouds", {"shape": "moons"}), str(tmp_path / "points.csv"), silent)
    assert (data.source, data.classes) == ("path", ("x", "y"))


def test_how_a_file_is_read_is_said_by_options_of_data_for_all_kinds_that_read_such_a_file(tmp_path):
    rows = "".join(f"{n};{n % 2};{'да' if n % 2 else 'нет'}\n" for n in range(10))
    (tmp_path / "a.csv").write_bytes(rows.encode("koi8-r"))
    said = {"label": "3", "columns": ["1", "2"], "header": "no", "encoding": "koi8-r", "separator": "semicolon"}
    data = sources.load(Section("clouds", {"shape": "moons", **said}), str(tmp_path / "a.csv"), silent)
    assert data.classes == ("да", "нет") and data.train.inputs.shape == (8, 2)


def test_such_an_option_is_refused_where_no_file_is_read():
    """Guards data.label=x that is taken and means nothing."""
    with pytest.raises(DltuiError, match=r"data\.label says how a file of your own is read") as raised:
        sources.load(Section("clouds", {"label": "x"}), "builtin", silent)
    assert raised.value.status == ExitStatus.USAGE and "--data PATH" in raised.value.hint


def test_an_option_that_a_kind_has_of_its_own_is_its_own_and_the_files(tmp_path):
    """columns of bundled_table choose among scikit-learn's, and among the user's."""
    chosen = sources.load(Section("bundled_table", {"columns": ["mean radius", "mean area"]}), "builtin", silent)
    assert chosen.train.inputs.shape[1] == 2
    (tmp_path / "a.csv").write_text("a,b,c,label\n" + "1,2,3,x\n4,5,6,y\n" * 5)
    own = sources.load(Section("bundled_table", {"columns": ["c", "a"]}), str(tmp_path / "a.csv"), silent)
    assert own.train.inputs.shape[1] == 2


@pytest.mark.parametrize(
    "kind", [kind for kind in schema.kinds("data") if "READS" in schema.find("data", kind).constants]
)
def test_every_kind_that_reads_files_takes_what_is_said_of_them(kind):
    """Guards a kind with READS whose path() takes no Reading, where its files are read by one."""
    found = schema.find("data", kind)
    assert set(OF[found.constants["READS"]]) <= set(found.options)
    made = kinds.built("data", Section(kind, {}))
    takes = ["path", "report"] if found.constants["READS"] in FOLDERS else ["path", "report", "reading"]
    assert list(inspect.signature(made.path).parameters) == takes
