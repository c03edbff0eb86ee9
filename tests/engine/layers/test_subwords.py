"""Words of n-grams: the paper's example, and means by hand."""

import torch

from dltui.engine.layers.subwords import SubwordEmbedding, ngrams


def test_the_papers_example():
    """Bojanowski et al. 2017, section 3.2: the 3-grams of "where"."""
    assert [gram for gram in ngrams("where") if len(gram) == 3] == ["<wh", "whe", "her", "ere", "re>"]
    assert "<where>" not in ngrams("where") and max(map(len, ngrams("where"))) == 6
    assert ngrams("у") == ["<у>"]


def test_a_word_is_the_mean_of_its_n_grams():
    torch.manual_seed(0)
    layer = SubwordEmbedding(["where", "у", "волком"], 5)
    for number, word in enumerate(["where", "у", "волком"]):
        buckets = layer.grams[number][: len(ngrams(word))]
        torch.testing.assert_close(layer(torch.tensor(number)), layer.vectors(buckets).mean(0))
    assert layer(torch.tensor([[0, 1], [2, 0]])).shape == (2, 2, 5)


def test_words_with_common_parts_share_vectors():
    layer = SubwordEmbedding(["волком", "волку", "река"], 4)
    first, second, third = (set(row[row > 0].tolist()) for row in layer.grams)
    assert len(first & second) >= 4 > len(first & third)
