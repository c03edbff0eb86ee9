"""Generated texts: what is known of them, and that the same arguments give the same."""

import numpy as np

from dltui.engine.generators.documents import FUNCTION, GENERAL, GROUPS, TOPICS, documents, zipf


def test_no_word_belongs_to_two_groups():
    words = [word for group in GROUPS for word in group]
    assert len(words) == len(set(words))
    assert {len(words.split()) for words in TOPICS.values()} == {20}


def test_a_text_of_one_topic_has_words_of_no_other():
    found = documents(64, 3)
    shared = {*FUNCTION.split(), *GENERAL.split()}
    assert np.bincount(found.shares.argmax(1)).tolist() == [8] * 8
    for words, shares in zip(found.words, found.shares, strict=True):
        own = set(list(TOPICS.values())[shares.argmax()].split())
        assert set(words) <= shared | own


def test_mixed_texts_have_the_shares_they_say():
    found = documents(400, 0, alpha=0.3)
    np.testing.assert_allclose(found.shares.sum(1), 1)
    assert np.bincount(found.shares.argmax(1)).tolist() == [50] * 8
    topic = [set(words.split()) for words in TOPICS.values()]
    counted = np.array([[sum(word in own for word in words) for own in topic] for words in found.words])
    correlation = np.corrcoef((counted / counted.sum(1, keepdims=True).clip(1)).ravel(), found.shares.ravel())[0, 1]
    assert correlation > 0.75


def test_common_words_come_in_proportion_to_one_over_their_rank():
    words = [word for text in documents(1500, 0).words for word in text]
    first = FUNCTION.split()
    seen = np.array([words.count(word) for word in first])
    np.testing.assert_allclose(seen / seen.sum(), zipf(len(first)), atol=0.02)


def test_the_same_arguments_give_the_same():
    assert documents(20, 5, 0.2).words == documents(20, 5, 0.2).words
    assert documents(20, 5).words != documents(20, 6).words
