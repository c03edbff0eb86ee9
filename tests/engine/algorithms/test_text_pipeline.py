"""From text to words: each stage does what its name says, and what is counted is what was read."""

import numpy as np
import pytest
from sklearn.metrics.cluster import pair_confusion_matrix

from dltui.engine.algorithms import text_pipeline
from tests.engine.conftest import context

ENGLISH = "The network learns. Networks learned, and the mice's network was learning!"
RUSSIAN = "Сеть учится; сети учились, и сетями учили мышей. Ещё мышь!"


def test_english_stage_by_stage():
    found = text_pipeline.read(ENGLISH, "en")
    assert found.words[:3] == ["The", "network", "learns"] and "mice's" in found.words
    assert [word for word in found.forms["content"] if word][:4] == ["network", "learns", "networks", "learned"]
    assert found.forms["stems"][1:5] == ["network", "learn", "network", "learn"]
    assert found.forms["lemmas"][1:5] == ["network", "learn", "network", "learn"]
    assert found.forms["stems"][0] is found.forms["lemmas"][0] is None  # the
    assert [int(found.known[stage][-1]) for stage in text_pipeline.STAGES] == [10, 9, 6, 3, 3]


def test_russian_stage_by_stage():
    found = text_pipeline.read(RUSSIAN, "ru")
    assert found.forms["stems"][0] == found.forms["stems"][2] == "сет"
    assert {found.forms["lemmas"][place] for place in (0, 2, 5)} == {"сеть"}
    assert found.forms["content"][4] is None  # и
    assert found.known["lemmas"][-1] < found.known["content"][-1] < found.known["lowercase"][-1]


def test_counts_of_different_ones():
    assert text_pipeline.known_so_far(["a", None, "b", "a"]).tolist() == [1, 1, 2, 2]


def test_families_hold_only_what_was_joined():
    found = text_pipeline.families(text_pipeline.read(ENGLISH, "en"), 100)
    assert set(found) == {"network", "learn"} and set(found["learn"]) == {"learns", "learned", "learning"}
    assert not text_pipeline.families(text_pipeline.read(ENGLISH, "en"), 3)


@pytest.mark.parametrize("seed", range(5))
def test_pairs_of_words_are_counted_as_scikit_learn_counts_them(seed):
    groups, lemmas = np.random.default_rng(seed).integers(0, 4, (2, 12))
    (_, joined), (missed, both) = pair_confusion_matrix(lemmas, groups)
    assert text_pipeline.joined_f1(groups.tolist(), lemmas.tolist()) == pytest.approx(
        2 * both / (2 * both + joined + missed)
    )


def test_without_a_pair_nothing_is_joined_rightly():
    assert text_pipeline.joined_f1("abc", "xyz") == 0 == text_pipeline.joined_f1((), ())


def test_cut_stems_and_kept_stop_words():
    found = text_pipeline.read(ENGLISH, "en", stop_words=False, stem="cut")
    assert found.forms["content"] == found.forms["lowercase"] and found.forms["stems"][1] == "netwo"


@pytest.fixture
def walk(monkeypatch):
    monkeypatch.setattr(text_pipeline, "lessons", {"en": ENGLISH * 9, "ru": RUSSIAN * 9}.get)
    return text_pipeline.build(parts=3)(context())


def test_what_was_read_grows_to_the_whole(walk):
    seen = [walk.at(step).metrics for step in range(walk.length + 1)]
    assert [found["ru_tokens"] for found in seen] == [0, 30, 60, 90]
    assert seen[-1]["en_shrink"] == pytest.approx(3 / 6) and seen[-1]["en_content_tokens"] == 9 * 7
    assert set(seen[-1]) == set(text_pipeline.METRICS) and len(walk.at(3).pictures) == 5


def test_a_text_shown_says_what_became_of_each_word(walk):
    shown = walk.at(1).pictures[0].payload
    place = shown["parts"].index("the")
    assert shown["classes"][shown["label"][place]] == "stop word"
    assert shown["classes"][shown["label"][shown["parts"].index("learned")]] == "changed"
    assert shown["classes"][shown["label"][shown["parts"].index("network")]] == "as it is"


def test_the_lessons_are_those_of_the_recipes_without_their_commands():
    english, russian = text_pipeline.lessons("en"), text_pipeline.lessons("ru")
    assert "dltui run" not in english and "gradient" in english and "градиент" in russian
