"""CLIP in small: the loss is torch's, held-out pairs are held out, sentences mean something only by their words."""

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from dltui.engine.algorithms.clip_toy import (
    NAMES,
    PAIRS,
    SIZE,
    TEMPLATES,
    WORDS,
    build,
    drawn,
    sentence,
    symmetric_cross_entropy,
)
from dltui.errors import DltuiError
from tests.engine.conftest import context


def made(**options):
    torch.manual_seed(1)
    return build(**options)(context())


def test_the_loss_is_torchs_cross_entropy_both_ways():
    logits, own = 5 * torch.randn(7, 7, dtype=torch.float64), torch.arange(7)
    want = (cross_entropy(logits, own) + cross_entropy(logits.T, own)) / 2
    assert torch.isclose(symmetric_cross_entropy(logits), want)


def test_each_colour_and_each_shape_is_trained_on_without_one_of_the_other():
    clip = made()
    held, known = ({PAIRS[pair] for pair in pairs.tolist()} for pairs in (clip.held_out, clip.known))
    assert not held & known and held | known == set(PAIRS)
    for side in range(2):
        assert sorted(pair[side] for pair in held) == sorted({pair[side] for pair in PAIRS})


def test_a_sentence_is_its_words():
    for pair, template in ((0, 0), (17, 3)):
        words = " ".join(WORDS[number] for number in sentence(pair, template))
        assert words == TEMPLATES[template].format(NAMES[pair])


def test_a_picture_has_the_colour_that_its_sentence_names():
    red, blue = drawn([(0, 0)], np.random.default_rng(0))[0], drawn([(2, 0)], np.random.default_rng(0))[0]
    middle = SIZE // 2
    assert red[0, middle, middle] > red[2, middle, middle] and blue[2, middle, middle] > blue[0, middle, middle]
    assert torch.allclose(red[:, 0, 0], blue[:, 0, 0], atol=1e-6)  # the ground knows nothing of it


def test_cosines_are_divided_by_the_temperature():
    clip = made(temperature=0.5)
    with torch.no_grad():
        logits = clip.logits(clip.test_images[:3], clip.sentences[:4, 0])
        x, y = clip.image_encoder(clip.test_images[:3]), clip.text_encoder(clip.sentences[:4, 0])
    assert torch.allclose(logits, 2 * torch.cosine_similarity(x[:, None], y[None], dim=2), atol=1e-5)


def test_it_reads_unseen_pairs_and_goes_on_where_it_was():
    clip = made()
    for _ in range(100):
        clip.step()
    assert clip.evaluate()["unseen"] > 0.3
    copy = made()
    copy.load_state_dict(clip.state_dict())
    losses = []
    for one in (clip, copy):
        torch.manual_seed(7)
        losses.append([one.step()["loss"] for _ in range(2)])
    assert losses[0] == losses[1]


def test_a_label_is_the_same_in_every_sentence_of_its_pair_and_in_no_other():
    clip = made(text="labels")
    with torch.no_grad():
        texts = clip.text_encoder(clip.sentences.flatten(0, 1)).unflatten(0, clip.sentences.shape[:2])
    assert torch.equal(texts, texts[:, :1].expand_as(texts)) and len(texts[:, 0].unique(dim=0)) == len(PAIRS)


def test_shuffled_sentences_teach_nothing():
    clip = made(pairs="shuffled")
    for _ in range(20):
        clip.step()
    assert clip.evaluate()["unseen"] < 0.15
    assert [one.pane for one in clip.pictures()] == ["matrix", "held out", "cosines"]


def test_a_temperature_that_overflows_is_refused():
    with pytest.raises(DltuiError, match="too small"):
        build(temperature=1e-30)
