"""`dltui list`."""

import json

from dltui.cli.columns import cell_width
from dltui.errors import ExitStatus
from dltui.runs import course


def test_every_recipe_in_course_order_with_its_claim(dltui):
    head, *lines = dltui("list").out.splitlines()
    assert head.split() == ["NAME", "TITLE", "TOPIC", "TIME", "CLAIM"]
    assert [line.split()[0] for line in lines] == list(course.in_order())
    assert "accuracy >= 0.95" in next(line for line in lines if line.startswith("mlp-mnist"))


def test_words_must_all_be_there_in_any_case(dltui):
    names = [line.split()[0] for line in dltui("list", "MNIST", "generator").out.splitlines()[1:]]
    assert names == ["gan-mnist"]
    nothing = dltui("list", "no-such-thing")
    assert nothing.status == 0 and not nothing.out and "no-such-thing" in nothing.err


def test_a_topic_by_name_or_number(dltui):
    by_name, by_number = dltui("list", "--topic", "generative").out, dltui("list", "--topic", "12").out
    assert by_name == by_number and "gan-mnist" in by_name and "mlp-moons" not in by_name
    wrong = dltui("list", "--topic", "genrative")
    assert wrong.status == ExitStatus.NOT_FOUND and 'Did you mean "generative"?' in wrong.err


def test_json_holds_what_the_table_holds(dltui):
    found = {row["name"]: row for row in json.loads(dltui("list", "--json").out)}
    assert list(found) == list(course.in_order())
    assert found["mlp-mnist"]["claim"] == {"accuracy": ">= 0.95"}


def test_a_terminal_is_never_exceeded(dltui):
    lines = dltui("list", terminal=True, COLUMNS="60").out.replace("\x1b[1m", "").replace("\x1b[0m", "").splitlines()
    assert max(map(len, lines)) <= 60


def test_a_broken_recipe_is_listed_with_its_fault(dltui, tmp_path, monkeypatch):
    (tmp_path / "01_foundations").mkdir()
    (tmp_path / "01_foundations" / "torn.toml").write_text("title = ")
    monkeypatch.setattr("dltui.paths.recipes", lambda: tmp_path)
    assert "not TOML" in dltui("list").out


def test_a_recipe_that_is_none_is_listed_all_the_same(dltui, monkeypatch, tmp_path):
    texts = {"odd": 'title = 3\nseconds = "x"\nexpect = 4', "hub": "title = 'x'\n[expect]\nhub = 5",
             "digits": f"seconds = {'9' * 5000}", "deep": f"{'.'.join('a' * 900)} = 1", "torn": "title ="}  # fmt: skip
    for name, text in texts.items():
        (tmp_path / "01_topic").mkdir(exist_ok=True)
        (tmp_path / "01_topic" / f"{name}.toml").write_text(text)
    monkeypatch.setattr("dltui.paths.recipes", lambda: tmp_path)
    result = dltui("list")
    assert result.status == 0 and {line.split()[0] for line in result.out.splitlines()[1:]} == set(texts)


def test_at_80_columns_names_are_whole_titles_can_be_read_and_what_is_left_out_is_told(dltui):
    found = dltui("list", COLUMNS="80")
    lines = found.out.splitlines()[1:]
    assert [line.split()[0] for line in lines] == list(course.in_order()) and max(map(cell_width, lines)) <= 80
    cut = [line for line in lines if "…" in line]
    assert len(cut) < len(lines) / 5 and all(line.index("…") > 60 for line in cut)
    assert found.err == "No room for TOPIC and CLAIM: dltui show NAME, or a wider terminal\n"


def test_a_claim_is_shown_whole_or_counted(dltui):
    lines = dltui("list", COLUMNS="110").out.splitlines()[1:]
    claims = [line.split("  ")[-1].strip() for line in lines]
    assert "accuracy >= 0.95" in claims and "2 claims" in claims and not any("…" in claim for claim in claims)
