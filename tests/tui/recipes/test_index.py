"""Search finds words in names, titles, topics, summaries and lessons, English and Russian, fast enough for each key."""

import time
from pathlib import Path

import pytest

from dltui.tui import recipe_index
from dltui.tui.recipe_index import Entry


@pytest.fixture
def entries(course) -> list[Entry]:
    return [recipe_index.read(entry) for entry in recipe_index.listed()]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["bend", "line", "duel"]),
        ("lin", ["bend", "line"]),  # a name, and a word of a lesson
        ("line fisher", []),  # references are no text of the lesson
        ("BEND", ["bend"]),
        ("hidden units", ["bend", "line"]),  # title; summary
        ("many nets", ["duel"]),  # the topic
        ("convolution", ["bend"]),
        ("свертка", ["bend"]),  # another ending, another letter than "Свёртки"
        ("свёрт", ["bend"]),
        ("граница", ["bend", "line"]),
        ("uel", ["duel"]),  # anywhere in a name
        ("onvolution", []),  # elsewhere only from a word's beginning
        ("[bold]", []),
    ],
)
def test_every_word_must_be_found(entries, query, found):
    assert [hit.entry.name for hit in recipe_index.search(entries, query)] == found


def test_a_hit_tells_whether_the_heading_or_only_the_lesson_holds_the_words(entries):
    assert [hit.by_heading for hit in recipe_index.search(entries, "line")] == [False, True]


def test_names_are_known_before_a_file_is_opened(course, monkeypatch):
    monkeypatch.setattr(Path, "read_text", None)
    entries = recipe_index.listed()
    assert [entry.name for entry in entries] == ["bend", "line", "duel"]
    assert [hit.entry.name for hit in recipe_index.search(entries, "duel")] == ["duel"]


def test_what_an_entry_says_is_one_harmless_line(course):
    path = course / "01_borders" / "odd.toml"
    path.write_text('title = "a\\u001b]52;c;x\\u0007b\\nc"\nseconds = "long"\nlesson = 3\nexpect = 4\nsummary = [1]\n')
    entry = next(recipe_index.read(entry) for entry in recipe_index.listed() if entry.name == "odd")
    assert entry.title == "ab c" and entry.seconds == 0 and entry.claims == ""


def test_a_file_that_is_not_toml_is_listed_with_what_is_wrong(course):
    (course / "01_borders" / "broken.toml").write_text("title =")
    entry = next(recipe_index.read(entry) for entry in recipe_index.listed() if entry.name == "broken")
    assert "not TOML" in entry.title


def test_one_s_own_recipes_are_those_of_the_current_folder(course):
    Path("mine.toml").write_text((course / "01_borders/line.toml").read_text())
    Path("pyproject.toml").write_text("[project]\nname = 'x'\n")
    Path("broken.toml").write_text("=")
    found = recipe_index.own()
    assert [(entry.name, entry.word) for entry in found] == [("broken", "./broken.toml"), ("mine", "./mine.toml")]
    assert {entry.topic for entry in found} == {recipe_index.OWN}
    assert found[0].title.startswith("cannot be read: not TOML: ") and found[1].title.startswith("A line")


def test_242_recipes_are_searched_in_less_than_20_ms():
    lesson = "word " * 300 + "слово " * 300
    entries = [
        recipe_index.of_table(
            recipe_index._named(f"recipe-{number}", "01_borders", f"recipe-{number}", Path("x")),
            {"title": f"Title {number}", "lesson": {"en": f"{lesson} en{number}", "ru": f"{lesson} ру{number}"}},
        )
        for number in range(242)
    ]
    taken = []
    for query in ("w", "word", "word сло", "word слово title 24", "nothing", "ру241"):
        begun = time.perf_counter()
        recipe_index.search(entries, query)
        taken.append(time.perf_counter() - begun)
    assert sorted(taken)[len(taken) // 2] < 0.02


def test_titles_of_topics():
    assert recipe_index.topic_title("02_training_dynamics") == "Training dynamics"
    assert recipe_index.topic_title(recipe_index.OWN) == "Your files"
