"""`dltui report`."""

import xml.etree.ElementTree as ET

import pytest

from dltui.errors import ExitStatus


@pytest.fixture(autouse=True)
def here(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("here")
    monkeypatch.chdir(folder)
    return folder


def test_a_page_bears_the_runs_name_and_its_path_is_told(dltui, done, here):
    run = done("mlp-moons")
    result = dltui("report", "last")
    assert (result.status, result.out) == (ExitStatus.OK, f"{run.id}.html\n")
    assert "<h1>Two moons" in (here / f"{run.id}.html").read_text()


def test_nothing_is_written_over_unless_asked(dltui, done, here):
    done("mlp-moons")
    (here / "a.html").write_text("mine")
    result = dltui("report", "last", "--html", "a.html")
    assert result.status == ExitStatus.USAGE and "is there already" in result.err
    assert (here / "a.html").read_text() == "mine"
    assert dltui("report", "last", "--html", "a.html", "--force").status == ExitStatus.OK
    assert (here / "a.html").read_text() != "mine"


def test_a_metric_as_a_vector_picture(dltui, done, here):
    done("mlp-moons")
    assert dltui("report", "last", "--svg", "loss", "--white", "--out", "loss.svg").status == ExitStatus.OK
    root = ET.parse(here / "loss.svg").getroot()
    assert root.get("viewBox") == "0 0 800 480"
    assert any("loss" in (text.text or "") for text in root.iter("{http://www.w3.org/2000/svg}text"))


def test_several_runs_and_the_course(dltui, done, here):
    one, two = done("mlp-moons"), done("mlp-moons", "optimizer.lr=0.5")
    assert dltui("report", one.id, two.id, "--lang", "ru").out == "runs.html\n"
    assert "optimizer.lr" in (here / "runs.html").read_text()
    assert dltui("report", "--course").out == "course.html\n"
    assert "mlp-moons" in (here / "course.html").read_text()


@pytest.mark.parametrize(
    "words, said",
    [
        ((), "RUN is missing"),
        (("last", "--svg", "nosuch"), 'no pane or metric "nosuch"'),
        (("last", "--svg", "loss", "--html", "x.html"), "are different answers"),
        (("last", "--html", "x.html", "--out", "y.html"), "--html and --out are different answers"),
        (("last", "--variant", "net"), "--variant is for --svg and --png"),
        (("last", "--gif", "x.gif", "--white"), "--white is for --svg and --png"),
        (("last", "--size", "80x24"), "--size is for --svg, --png, --gif and --cast"),
        (("last", "--course"), "Leave out RUN"),
        (("last", "--size", "9x9", "--svg", "loss"), "20x6 to 300x120"),
        (("last", "--lang", "de"), 'no lessons in "de"'),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_left(dltui, done, here, words, said):
    done("mlp-moons")
    result = dltui("report", *words)
    assert result.status == ExitStatus.USAGE and said in result.err
    assert not list(here.iterdir())


def test_a_folder_that_is_not_there(dltui, done):
    done("mlp-moons")
    result = dltui("report", "last", "--html", "no/such/x.html")
    assert result.status == ExitStatus.NOT_FOUND and "there is no folder no/such" in result.err
