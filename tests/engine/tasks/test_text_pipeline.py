"""From text to words: each stage does what its name says, and what is counted is what was read."""

import pytest

from dltui.engine.tasks import text_pipeline
from tests.engine.conftest import CPU

ENGLISH = "The network learns. Networks learned, and the mice's network was learning!"
RUSSIAN = "Сеть учится; сети учились, и сетями учили мышей. Ещё мышь!"


def test_english_stage_by_stage():
    found = text_pipeline.read(ENGLISH, "en")
    assert found.words[:3] == ["The", "network", "learns"] and "mice's" in found.words
    assert [word for word in found.forms["kept"] if word][:4] == ["network", "learns", "networks", "learned"]
    assert found.forms["stems"][1:5] == ["network", "learn", "network", "learn"]
    assert found.forms["lemmas"][1:5] == ["network", "learn", "network", "learn"]
    assert found.forms["stems"][0] is found.forms["lemmas"][0] is None  # the
    assert [int(found.known[stage][-1]) for stage in text_pipeline.STAGES] == [10, 9, 6, 3, 3]


def test_russian_stage_by_stage():
    found = text_pipeline.read(RUSSIAN, "ru")
    assert found.forms["stems"][0] == found.forms["stems"][2] == "сет"
    assert {found.forms["lemmas"][place] for place in (0, 2, 5)} == {"сеть"}
    assert found.forms["kept"][4] is None  # и
    assert found.known["lemmas"][-1] < found.known["kept"][-1] < found.known["folded"][-1]


def test_counts_of_different_ones():
    assert text_pipeline.known_so_far(["a", None, "b", "a"]).tolist() == [1, 1, 2, 2]


def test_families_hold_only_what_was_joined():
    found = text_pipeline.families(text_pipeline.read(ENGLISH, "en"), 100)
    assert set(found) == {"network", "learn"} and set(found["learn"]) == {"learns", "learned", "learning"}
    assert not text_pipeline.families(text_pipeline.read(ENGLISH, "en"), 3)


def test_cut_stems_and_kept_stop_words():
    found = text_pipeline.read(ENGLISH, "en", stop_words=False, stem="cut")
    assert found.forms["kept"] == found.forms["folded"] and found.forms["stems"][1] == "netwo"


@pytest.fixture
def task(monkeypatch):
    monkeypatch.setattr(text_pipeline, "lessons", {"en": ENGLISH * 9, "ru": RUSSIAN * 9}.get)
    return text_pipeline.build(parts=3)(None, {}, CPU)


def test_what_was_read_grows_to_the_whole_and_no_further(task):
    seen = []
    for step in range(1, 6):
        task.advance(step)
        seen.append(task.evaluate())
    assert [found["ru_tokens"] for found in seen] == [30, 60, 90, 90, 90]
    assert seen[-1]["en_shrink"] == pytest.approx(3 / 6) and seen[-1]["en_kept_tokens"] == 9 * 7
    assert len(list(task.pictures())) == 5


def test_a_text_shown_says_what_became_of_each_word(task):
    task.advance(1)
    shown = next(task.pictures()).payload
    place = shown["parts"].index("the")
    assert shown["classes"][shown["label"][place]] == "stop word"
    assert shown["classes"][shown["label"][shown["parts"].index("learned")]] == "changed"
    assert shown["classes"][shown["label"][shown["parts"].index("network")]] == "as it is"


def test_the_lessons_are_those_of_the_recipes_without_their_commands():
    english, russian = text_pipeline.lessons("en"), text_pipeline.lessons("ru")
    assert "dltui run" not in english and "gradient" in english and "градиент" in russian
