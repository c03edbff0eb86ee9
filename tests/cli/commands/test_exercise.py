"""`dltui exercise`: a learner's file from its first line to its solution, judged by engines that train nothing."""

import json
import os
import time

import pytest

from dltui.cli import exercise_check, limited_run
from dltui.errors import ExitStatus
from dltui.recipes import exercise as exercises
from dltui.runs import exercise_folder
from dltui.runs import run as runs
from tests.cli.terminal import Terminal

NAME = "kmeans-centres"


def file():
    return exercise_folder.file_of(exercises.load(NAME))


def test_all_are_listed_topic_after_topic_with_how_far_one_is(dltui, engine):
    engine("unmet")
    result = dltui("exercise", COLUMNS="80")
    rows = result.out.splitlines()[1:]
    assert all(f"  {name}  " in row for name, row in zip(exercises.found(), rows, strict=True)) and "0 of" in result.err
    assert max(map(len, result.out.splitlines())) <= 80
    dltui("exercise", NAME, "--check")
    told = {one["name"]: one for one in json.loads(dltui("exercise", "--list", "--json").out)}
    assert told[NAME]["standing"] == "begun" and told[NAME]["checks"] == 1
    assert told["attention-by-hand"]["standing"] is None
    assert "1 exercises begun, 0 solved" in dltui("course").err


def test_it_begins_with_a_file_of_ones_own_that_has_the_fault(dltui, engine):
    engine("unmet")
    result = dltui("exercise", NAME)
    assert result.status == ExitStatus.CLAIM and "Not yet." in result.out and str(file()) in result.out
    assert ".median(0).values" in file().read_text() and "inertia stays above" in file().read_text()
    assert file().stat().st_mode & 0o077 == 0
    assert exercise_folder.progress(NAME)[:3] == (0, 1, 0.0)


def test_what_stands_in_the_file_is_kept_until_it_is_reset(dltui, engine):
    engine("unmet")
    dltui("exercise", NAME, "--check")
    given = file().read_text()
    file().write_text("mine")
    assert dltui("exercise", NAME, "--hint").status == 0
    assert file().read_text() == "mine"
    result = dltui("exercise", NAME, "--reset")
    assert file().read_text() == given and "kept" in result.err
    assert file().with_suffix(".1.txt").read_text() == "mine"
    assert exercise_folder.progress(NAME).hints == 0


def test_hints_come_one_by_one_and_the_solution_when_it_is_solved(dltui, engine):
    hints = [hint["en"][:20] for hint in exercises.load(NAME).hints]
    for number in range(len(hints)):
        told = dltui("exercise", NAME, "--hint").out
        assert [hint in told for hint in hints] == [place == number for place in range(len(hints))]
    last = dltui("exercise", NAME, "--hint")
    assert all(hint in last.out for hint in hints) and "no more hints" in last.err
    assert dltui("exercise", NAME, "--solution").status == ExitStatus.FAILED
    engine("done")
    solved = dltui("exercise", NAME, "--check")
    assert solved.status == 0 and "Solved." in solved.out and "k-medians" in solved.out
    assert "k-medians" in dltui("exercise", NAME, "--solution").out
    assert exercise_folder.progress(NAME).solved
    assert "k-medians" not in dltui("exercise", NAME, "--hint").out


def test_it_speaks_russian_and_json(dltui, engine):
    engine("done")
    assert "Ваш файл" in dltui("exercise", NAME, "--check", LANG="ru_RU.UTF-8").out
    assert "Подсказка" in dltui("exercise", NAME, "--hint", "--lang", "ru").out
    told = json.loads(dltui("exercise", NAME, "--check", "--json").out)
    assert told["solved"] and told["verdicts"][0].keys() == {"claim", "want", "got", "ok"}


def test_its_runs_are_on_seeds_that_differ_and_are_not_kept(dltui, engine, monkeypatch):
    engine("done")
    seeds, start = [], limited_run.launch.start
    monkeypatch.setattr(
        limited_run.launch, "start", lambda *a, **k: seeds.append(k["overrides"]["train.seed"]) or start(*a, **k)
    )
    for _ in range(2):
        dltui("exercise", NAME, "--check")
    assert len(set(seeds)) == 2 * exercise_check.SEEDS
    assert not runs.newest_first()


def test_a_file_that_is_no_python_or_no_part_is_told_by_its_line(dltui, engine):
    engine("done")
    dltui("exercise", NAME, "--check")
    text = file().read_text()
    file().write_text(text.replace("def step(self)", "def step(self"))
    result = dltui("exercise", NAME, "--check")
    assert result.status == ExitStatus.USAGE and "my_kmeans.py:" in result.err and "not Python" in result.err
    file().write_text(text.replace("SECTION", "SEKTION"))
    assert "SECTION" in dltui("exercise", NAME, "--check").err


def test_a_file_that_never_ends_is_ended(dltui, engine, monkeypatch):
    engine("wait")
    monkeypatch.setitem(limited_run.LIMITS, "seconds", 0.5)
    begun = time.monotonic()
    result = dltui("exercise", NAME, "--check")
    assert result.status == ExitStatus.CLAIM and "ended after" in result.out
    assert time.monotonic() - begun < 20


def test_progress_that_cannot_be_read_is_told_and_counted_anew(dltui, engine):
    engine("unmet")
    dltui("exercise", NAME, "--check")
    (file().parent / exercise_folder.STATE).write_text('{"hints": ')
    assert "cannot be read" in dltui("exercise", NAME, "--check").err
    assert exercise_folder.progress(NAME)[:3] == (0, 1, 0.0)


@pytest.mark.parametrize(
    ("words", "told", "status"),
    [
        (["kmeans-centre"], 'Did you mean "kmeans-centres"', ExitStatus.NOT_FOUND),
        (["--check"], "--check needs NAME", ExitStatus.USAGE),
        ([NAME, "--list"], "--list takes no NAME", ExitStatus.USAGE),
        ([NAME, "--hint", "--reset"], "one at a time", ExitStatus.USAGE),
        ([NAME, "--lang", "de"], "There are no exercises", ExitStatus.USAGE),
    ],
)
def test_words_that_are_wrong(dltui, words, told, status):
    result = dltui("exercise", *words)
    assert (result.status, told in result.err) == (status, True)


def test_on_a_terminal_it_is_checked_when_it_is_saved_and_keys_are_served(home):
    terminal = Terminal("exercise", NAME, behaviour="done")
    terminal.read_until(b"q: leave")
    os.write(terminal.master, b"h")
    terminal.read_until(b"Hint 1 of")
    assert exercise_folder.progress(NAME).hints == 1
    file().write_text(file().read_text().replace(".median(0).values", ".mean(0)"))
    assert terminal.finish() == 0 and b"Solved." in terminal.output


def test_keys_typed_fast_are_all_served_and_arrows_mean_nothing(home):
    terminal = Terminal("exercise", NAME)
    terminal.read_until(b"q: leave")
    time.sleep(0.3)  # until it waits for keys
    os.write(terminal.master, b"\x1b[Ahx\x1b[Bhq")
    assert terminal.finish() == 0
    assert exercise_folder.progress(NAME).hints == 2


def test_q_leaves_and_ctrl_c_too(home):
    for key, status in ((b"q", 0), (b"\x03", ExitStatus.INTERRUPTED)):
        terminal = Terminal("exercise", NAME)
        terminal.read_until(b"q: leave")
        time.sleep(0.3)  # until it waits for keys
        os.write(terminal.master, key)
        assert terminal.finish() == status
