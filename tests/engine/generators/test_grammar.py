"""The generated grammar: verbs agree, words are ambiguous, and neighbours settle what they are."""

from collections import Counter, defaultdict

from dltui.engine.generators import grammar

SENTENCES = grammar.sentences(2000, 0)


def test_the_same_seed_gives_the_same():
    assert grammar.sentences(50, 3) == grammar.sentences(50, 3) != grammar.sentences(50, 4)


def test_many_words_are_more_than_one_part_of_speech():
    tags = defaultdict(Counter)
    for sentence in SENTENCES:
        for word, tag in sentence:
            tags[word][tag] += 1
    assert set(tags["light"]) == {"NOUN", "VERB", "ADJ"} and set(tags["to"]) == {"ADP", "PART"}
    assert set(tags["watches"]) == {"NOUN", "VERB"} and set(tags["will"]) == {"NOUN", "AUX"}
    right = sum(count.most_common(1)[0][1] for count in tags.values())
    assert 0.75 < right / sum(map(len, SENTENCES)) < 0.87  # what a table can reach at best


def test_verbs_agree_with_their_subject():
    for sentence in SENTENCES:
        (subject, tag), (verb, is_verb) = sentence[:2]
        if tag == "PRON" and is_verb == "VERB":
            ends = verb.endswith("s") and verb not in grammar.VERBS
            assert ends == (subject in ("she", "he", "it")), sentence


def test_a_noun_follows_every_determiner():
    for sentence in SENTENCES:
        tags = " ".join(tag for _, tag in sentence)
        assert "DET VERB" not in tags and "DET PUNCT" not in tags and "ADJ PUNCT" not in tags


def test_endings():
    assert [grammar.with_s(word) for word in ("watch", "dry", "play", "child")] == [
        "watches", "dries", "plays", "children",
    ]  # fmt: skip
