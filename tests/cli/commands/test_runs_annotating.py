"""`dltui runs tag, note, name, pin, group`, and what lists, filters and RUN arguments make of them."""

import json

import pytest

from dltui.errors import ExitStatus
from dltui.runs import run as runs
from dltui.runs.annotations import FILE


@pytest.fixture
def three(home, make):
    return [make(day, accuracy=day / 10) for day in (1, 2, 3)]


def noted(run) -> dict:
    return {key: value for key, value in run.annotations.fields.items() if value}


def ids(result) -> list[str]:
    return [run["id"][-4:] for run in json.loads(result.out)]


def test_tags_are_added_and_taken_away(dltui, three):
    assert dltui("runs", "tag", "ab01", "last", "good,#lr-0.1").status == 0
    assert dltui("runs", "tag", "last", "good").err.endswith("ab03: #good #lr-0.1\n")  # it has it already
    assert [noted(run) for run in three] == [{"tags": ["good", "lr-0.1"]}, {}, {"tags": ["good", "lr-0.1"]}]
    dltui("runs", "tag", "last", "good", "--remove")
    dltui("runs", "tag", "ab01", "--remove")
    assert [noted(run) for run in three] == [{}, {}, {"tags": ["lr-0.1"]}]


def test_a_filter_chooses_many(dltui, three):
    assert dltui("runs", "tag", "--where", "acc > 0.15", "--where", "status:done", "high").status == 0
    assert dltui("runs", "group", "--where", "tag:high", "study").status == 0
    assert dltui("runs", "pin", "--where", "group:study").status == 0
    assert [bool(noted(run)) for run in three] == [False, True, True] and noted(three[2])["pinned"]
    dltui("runs", "group", "--where", "pinned", "--remove")
    dltui("runs", "pin", "last", "--remove")
    assert [noted(run) for run in three] == [{}, {"tags": ["high"], "pinned": True}, {"tags": ["high"]}]


def test_a_note_is_written_printed_and_taken_away(dltui, three):
    assert dltui("runs", "note", "last").err.endswith("ab03 has no note.\n")
    dltui("runs", "note", "last", "goes", "further")
    assert dltui("runs", "note", "last").out == "goes further\n"
    dltui("runs", "note", "last", "-", stdin="two\x1b[2J\nlines\n")
    assert dltui("runs", "note", "last").out == "two\nlines\n"
    dltui("runs", "note", "last", "--remove")
    assert not (three[2].path / FILE).exists()


def test_a_given_name_stands_for_its_run_everywhere(dltui, three):
    assert dltui("runs", "name", "ab01", "best").status == 0
    assert dltui("runs", "name", "best").out == "best\n"
    assert "best" in dltui("attach", "best").err and dltui("compare", "best", "last").out.find("best") >= 0
    assert json.loads(dltui("compare", "best", "last", "--json").out)["runs"][0]["name"] == "best"
    dltui("runs", "name", "best", "--remove")
    assert dltui("attach", "best").status == ExitStatus.NOT_FOUND


def test_lists_show_what_was_noted_and_are_as_before_where_nothing_was(dltui, three):
    assert dltui("runs").out.splitlines()[0].split() == ["RUN", "STATUS", "STEPS", "VALUES", "AGE"]
    dltui("runs", "name", "ab01", "best")
    dltui("runs", "tag", "ab02", "good")
    dltui("runs", "group", "ab02", "study")
    dltui("runs", "pin", "ab03")
    lines = dltui("runs").out.splitlines()
    assert lines[0].split() == ["RUN", "NAME", "STATUS", "STEPS", "VALUES", "TAGS", "AGE"]
    assert "done, pinned" in lines[1] and "#good group:study" in lines[2] and " best " in lines[3]
    told = {run["id"][-4:]: run for run in json.loads(dltui("runs", "--json").out)}
    assert told["ab02"]["tags"] == ["good"] and told["ab02"]["group"] == "study" and told["ab03"]["pinned"] is True
    assert told["ab01"]["name"] == "best" and told["ab03"]["note"] == ""


@pytest.mark.parametrize("many", [False, True])
def test_filters_see_a_change_at_once(dltui, three, make, monkeypatch, many):
    """With thousands of runs what is noted is kept in a cache: a changed tag must be seen all the same."""
    if many:
        monkeypatch.setattr("dltui.cli.commands.runs.FEW", 1)
        monkeypatch.setattr("dltui.runs.reading_cache.SETTLED", -1.0)  # files count as settled at once
    for tag in ("a", "b", "c"):
        dltui("runs", "tag", "last", tag)
        assert ids(dltui("runs", f"tag:{tag}", "--json")) == ["ab03"]
        assert ids(dltui("runs", f"tag:{tag}", "--json")) == ["ab03"]  # as it is kept
        dltui("runs", "tag", "last", tag, "--remove")
        dltui("runs", "note", "last", "still noted")
        assert dltui("runs", f"tag:{tag}").err == f"No run fits: tag:{tag}\n"


def test_a_file_that_is_broken_is_told_of_and_hides_no_run(dltui, three):
    (three[0].path / FILE).write_text("]")
    result = dltui("runs")
    assert len(result.out.splitlines()) == 4 and f"{FILE}: passed over: no JSON" in result.err and result.status == 0


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["tag"], 2, "Which tag?"),
        (["tag", "last"], 2, "Which runs? Neither RUN nor --where is given.\nExample: dltui runs tag last last"),
        (["tag", "last", "two words"], 2, "must be one word"),
        (["tag", "last", "good", "best"], 3, "The words before the last are runs; several tags are a,b,c."),
        (["tag", "last", "--where", "acc > 0", "x"], 2, "two choices"),
        (["tag", "--where", "", "x"], 2, "--where is empty"),
        (["tag", "--where", "tag:no", "x"], 3, "No run fits: tag:no"),
        (["tag", "--where", "acc >", "x"], 2, "there is no number"),
        (["tag", "status:done", "x"], 3, "--where 'status:done'"),
        (["group", "last"], 2, "Which runs?"),
        (["group"], 2, "Which group?"),
        (["group", "last", "a b"], 2, "The group"),
        (["pin"], 2, "Which runs?"),
        (["pin", "nothere"], 3, "There is no run"),
        (["note", "last", "x", "--remove"], 2, "two wishes"),
        (["name", "last", "2024"], 2, "digits only"),
        (["name", "last", "x", "--remove"], 2, "two wishes"),
    ],
)
def test_what_is_wrong_is_told_and_changes_nothing(dltui, three, words, status, said):
    result = dltui("runs", *words)
    assert result.status == status and said in result.err and not result.out
    assert [noted(run) for run in three] == [{}, {}, {}]


def test_all_of_the_runs_are_tagged_or_none(dltui, three):
    many = ",".join(f"t{number}" for number in range(50))
    dltui("runs", "tag", "ab02", many)
    result = dltui("runs", "tag", "ab01", "ab02", "more")
    assert result.status == 2 and "51 tags" in result.err and noted(three[0]) == {}


def test_run_refuses_names_that_would_not_find_it(dltui, engine):
    engine("done")
    for name in ("last", "2024"):
        result = dltui("run", "mlp-moons", "--name", name, "--quiet")
        assert result.status == ExitStatus.USAGE and name in result.err
    assert runs.newest_first() == []


def test_completion_knows_given_names(dltui, three):
    dltui("runs", "name", "ab01", "best")
    assert "best" in dltui(_DLTUI_COMPLETE="fish", COMP_LINE="dltui attach b").out.split()
