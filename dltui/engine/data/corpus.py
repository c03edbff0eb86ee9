"""A text of sentences by a few rules, whose words belong to known groups."""

from dltui.engine.contracts.dataset import Dataset, Split, limited
from dltui.engine.generators import word_groups
from dltui.engine.reading.sentences import as_rows, vocabulary

SOURCES = ("builtin",)
ROWS, TEST_ROWS = 2000, 500


def build(*, train_rows: int = 0, test_rows: int = 0, seed: int = 0) -> "Corpus":
    """Sentences such as "the dog eats bread in the park".

    train_rows: sentences to train on, at least 0; 0 takes all.
    test_rows: sentences to test on, at least 0; 0 takes all.
    seed: decides the sentences, at least 0.
    """
    return Corpus((train_rows, test_rows), seed)


class Corpus:
    """Sentences (N, L) int64, END after the last word, PAD behind; the targets are the same words.

    Vocabularies: the words, and for each of them the name of its group, "" where it has none.
    """

    def __init__(self, rows: tuple[int, int], seed: int):
        self.rows, self.seed = rows, seed

    def builtin(self) -> Dataset:
        """Generated sentences: the same options give the same."""
        sentences = word_groups.sentences(ROWS + TEST_ROWS, self.seed)
        known = vocabulary(sentences, most=10_000)
        rows = as_rows(sentences, known, max(map(len, sentences)) + 1)
        groups = word_groups.group_of()
        parts = (Split(part, part) for part in rows.split([ROWS, TEST_ROWS]))
        data = Dataset(
            *parts, tuple(word_groups.GROUPS), "builtin", "generated sentences", {"words": len(known)},
            vocabularies=(known, tuple(groups.get(word, "") for word in known)),
        )  # fmt: skip
        return limited(data, *self.rows)
