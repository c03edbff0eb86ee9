"""Paths of CTC: what they stand for, and that the greedy one is the likeliest of all."""

from itertools import groupby, product

import torch

from dltui.engine.layers.ctc import BLANK, collapsed, greedy


def by_hand(path: list[int]) -> list[int]:
    return [symbol for symbol, _ in groupby(path) if symbol != BLANK]


def filled(symbols: list[int], length: int) -> list[int]:
    return symbols + [BLANK] * (length - len(symbols))


def test_repeats_are_merged_and_a_blank_keeps_two_apart():
    paths = torch.tensor([[3, 3, 0, 3, 5, 5], [0, 0, 0, 0, 0, 0], [0, 2, 2, 2, 4, 0]])
    assert collapsed(paths).tolist() == [[3, 3, 5, 0, 0, 0], [0] * 6, [2, 4, 0, 0, 0, 0]]


def test_every_path_of_four_frames_is_collapsed_as_by_hand():
    paths = [list(path) for path in product(range(3), repeat=4)]
    assert collapsed(torch.tensor(paths)).tolist() == [filled(by_hand(path), 4) for path in paths]


def test_greedy_reads_the_likeliest_of_all_paths():
    torch.manual_seed(0)
    logits = torch.randn(6, 4, 3)
    log_p = logits.log_softmax(2)
    for row, read in zip(log_p, greedy(logits).tolist(), strict=True):
        paths = list(product(range(3), repeat=4))
        chances = [sum(row[frame, symbol].item() for frame, symbol in enumerate(path)) for path in paths]
        assert read == filled(by_hand(list(paths[max(range(len(paths)), key=chances.__getitem__)])), 4)
