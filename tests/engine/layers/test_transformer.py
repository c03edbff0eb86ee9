"""The one block: torch's own layers with the same weights, with masks and with a memory to read."""

import pytest
import torch
from torch import nn

from dltui.engine.layers.transformer import Block, causal


def with_weights_of(block, theirs):
    """torch's layer with the block's weights."""
    named = {
        "self_attn.in_proj_": block.attention.qkv, "self_attn.out_proj.": block.attention.out,
        "linear1.": block.mlp[0], "linear2.": block.mlp[2], "norm1.": block.norm_1,
    }  # fmt: skip
    if block.reading is None:
        named["norm2."] = block.norm_2
    else:
        named |= {"multihead_attn.in_proj_": block.reading.qkv, "multihead_attn.out_proj.": block.reading.out}
        named |= {"norm2.": block.norm_m, "norm3.": block.norm_2}
    states = [(name, part.state_dict()) for name, part in named.items()]
    theirs.load_state_dict({name + key: value for name, state in states for key, value in state.items()})
    return theirs.train()  # in evaluation torch takes another way


OPTIONS = {"dropout": 0.0, "activation": "gelu", "batch_first": True, "norm_first": True}


@pytest.mark.parametrize("masked", [False, True])
def test_a_block_is_torchs_encoder_layer_with_its_norms_first(masked):
    torch.manual_seed(0)
    block, z = Block(12, 3), torch.randn(2, 7, 12)
    theirs = with_weights_of(block, nn.TransformerEncoderLayer(12, 3, 48, **OPTIONS))
    mask = causal(7, z.device) if masked else None
    torch.testing.assert_close(block(z, mask), theirs(z, None if mask is None else ~mask))


def test_a_block_that_reads_is_torchs_decoder_layer():
    torch.manual_seed(0)
    block, z, memory = Block(12, 3, reads=True), torch.randn(2, 5, 12), torch.randn(2, 7, 12)
    theirs = with_weights_of(block, nn.TransformerDecoderLayer(12, 3, 48, **OPTIONS))
    there = torch.arange(7) < torch.tensor([[7], [4]])  # (2, 7)
    mask = causal(5, z.device)
    want = theirs(z, memory, ~mask, memory_key_padding_mask=~there)
    torch.testing.assert_close(block(z, mask, memory, there[:, None, None]), want)


def test_weights_are_those_that_the_values_are_mixed_with_and_what_is_barred_gets_none():
    torch.manual_seed(0)
    attention, z, memory = Block(12, 3).attention, torch.randn(2, 5, 12), torch.randn(2, 7, 12)
    mask = torch.rand(2, 1, 5, 7) < 0.5
    mask[..., 0] = True
    weights = attention.weights(z, memory, mask)
    assert not weights[~mask.expand_as(weights)].any()
    torch.testing.assert_close(weights.sum(3), torch.ones(2, 3, 5))
    mixed = (weights @ attention.asked(z, memory)[2]).transpose(1, 2).flatten(2)
    torch.testing.assert_close(attention(z, memory, mask), attention.out(mixed))


def test_without_skips_and_norms_a_block_is_its_layers_alone():
    torch.manual_seed(0)
    block, z = Block(12, 3, skips=False, norms=False), torch.randn(2, 5, 12)
    torch.testing.assert_close(block(z), block.mlp(block.attention(z)))
    assert not any(isinstance(layer, nn.LayerNorm) for layer in block.modules())
