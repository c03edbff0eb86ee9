"""How a run makes rows of its data into what its net takes: as Python, and the numbers that it needs."""

from typing import NamedTuple

import torch

from dltui.engine.commands.export import module_source
from dltui.engine.commands.export.module_source import ModuleSource
from dltui.engine.contracts.dataset import Dataset
from dltui.engine.training.learner import Learner

SHOWN = 3  # random rows that the file asks its net about

PICTURES = '''
def prepare(pictures: Tensor) -> Tensor:
    """Pictures ({shape}), uint8 -> what the net takes: {into}."""
    return {expression}
'''
SHADES = '''
def prepare(pictures: Tensor) -> Tensor:
    """Pictures ({shape}), uint8 -> what the net takes: {shrink} x {shrink} pixels as one of {levels} shades in 0..1."""
    small = torch.nn.functional.avg_pool2d(({pixels})[:, :1], {shrink})
    return (small * {levels}).long().clamp(max={last}) / {last}
'''
COLUMNS = '''
def prepare(rows: Tensor) -> Tensor:
    """Rows ({shape}) in the units of the data, columns as in CONFIG["columns"] where they have names -> what the net
    takes: the training rows' columns have mean 0 and deviation 1."""
    mean, deviation = (torch.tensor(CONFIG["columns_" + of], dtype=torch.float64) for of in ("mean", "deviation"))
    return ((rows.double() - mean) / deviation).float()
'''
SYMBOLS = '''
def prepare(texts: list[str]) -> Tensor:
    """Texts of one length T -> what the net takes: the numbers of their symbols (N, T); 0 for one that is unknown."""
    number = {symbol: place for place, symbol in enumerate(CONFIG["vocabularies"][0])}
    return torch.tensor([[number.get(symbol, 0) for symbol in text] for text in texts])
'''
TAGGED = '''
def prepare(sentences: list[list[str]]) -> Tensor:
    """The words of sentences -> what the net takes: their numbers (N, L), PAD behind the last."""
    number = {word: place for place, word in enumerate(CONFIG["vocabularies"][0])}
    rows = torch.full((len(sentences), max(map(len, sentences))), PAD)
    for row, words in enumerate(sentences):
        rows[row, : len(words)] = torch.tensor([number.get(word, UNKNOWN) for word in words])
    return rows
'''
SENTENCES = '''
def prepare(sentences: list[str]) -> Tensor:
    """Sentences -> what the net takes: the numbers of their words (N, L), END after the last, PAD behind."""
    return as_rows([words_of(sentence) for sentence in sentences], CONFIG["vocabularies"][0], CONFIG["length"])
'''
AS_THEY_ARE = '''
def prepare(rows: Tensor) -> Tensor:
    """{what} -> what the net takes: as they are."""
    return rows
'''


class Prepared(NamedTuple):
    """code: the definition of `prepare`; example: an expression for what it takes; facts: what it finds in CONFIG;
    wanted: definitions that it uses."""

    code: str
    example: str
    facts: dict[str, object]
    wanted: list[tuple[ModuleSource, str]]


def prepared(learner: Learner) -> Prepared:
    """Returns how the rows of a run's data become what its net takes."""
    data: Dataset = learner.all_rows.data
    inputs, kind = data.test.inputs, learner.recipe.task.kind
    shape = ", ".join(map(str, ["N", *inputs.shape[1:]]))
    if inputs.dim() == 4:
        return _pictures(learner, shape, inputs)
    if data.vocabularies and not inputs.is_floating_point():
        return _texts(kind, data)
    example = f"torch.randn({', '.join(map(str, [SHOWN, *inputs.shape[1:]]))})"
    if data.scale is not None:
        mean, deviation = (part.tolist() for part in data.scale)
        return Prepared(
            COLUMNS.replace("{shape}", shape), example, {"columns_mean": mean, "columns_deviation": deviation}, []
        )
    what = f"Rows ({shape})"
    if rate := data.facts.get("rate"):
        what = f"Sounds ({shape}), samples in -1..1, {rate} a second"
    elif "horizon" in data.facts:
        what = f"Histories ({shape}) in the series' own units"
    return Prepared(AS_THEY_ARE.replace("{what}", what), example, {}, [])


def _pictures(learner: Learner, shape: str, inputs: torch.Tensor) -> Prepared:
    size = ", ".join(map(str, [SHOWN, *inputs.shape[1:]]))
    pixels = inputs.dtype == torch.uint8
    expression, into = ("pictures.float() / 255", "pixels in 0..1") if pixels else ("pictures", "as they are")
    example = f"torch.randint(0, 256, ({size}), dtype=torch.uint8)" if pixels else f"torch.rand({size})"
    if learner.recipe.task.kind == "generate_sequence":
        levels, shrink = learner.task.levels, inputs.shape[-1] // learner.task.test_x.shape[-1]
        names = {"{shape}": shape, "{levels}": levels, "{last}": levels - 1, "{shrink}": shrink, "{pixels}": expression}
        code = SHADES
        for name, value in names.items():
            code = code.replace(name, str(value))
        return Prepared(code, example, {}, [])
    code = PICTURES.replace("{shape}", shape).replace("{into}", into).replace("{expression}", expression)
    return Prepared(code, example, {}, [])


def _texts(kind: str, data: Dataset) -> Prepared:
    facts, words = {"vocabularies": [list(one) for one in data.vocabularies]}, data.vocabularies[0]
    sentences = module_source.of_name("dltui.engine.reading.sentences")
    if kind == "generate_sequence":
        text = "".join(words[1:9])
        return Prepared(SYMBOLS, repr([text] * SHOWN), facts, [])
    if kind == "translate":
        facts["length"] = data.test.inputs.shape[1]
        wanted = [(sentences, "as_rows"), (sentences, "words_of")]
        return Prepared(SENTENCES, repr([" ".join(words[4:8])] * SHOWN), facts, wanted)
    wanted = [(sentences, "PAD"), (sentences, "UNKNOWN")]
    return Prepared(TAGGED, repr([list(words[4:8])] * SHOWN), facts, wanted)
