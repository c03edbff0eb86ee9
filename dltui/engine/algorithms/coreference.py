"""Coreference: each word chooses the earlier word that names the same person or thing, or none (Lee et al. 2017, "End-
to-end neural coreference resolution", arXiv:1707.07045)."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from dltui.engine.contracts.task import Context, Picture
from dltui.engine.generators.mentions import NAMES, NOBODY, PRONOUNS, Text, texts
from dltui.engine.layers.adam_in_buffers import AdamInBuffers
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Alignment, Spans

NEEDS_DATA = False
METRICS = {
    "loss": Metric("training loss of a word", better="lower", progress=True, rows="train"),
    "f1": Metric(
        "F1 of the pairs of words that name the same person or thing, of the test texts",
        better="higher", range=(0, 1), rows="test",
    ),
    "precision": Metric("share of the pairs found that are right", "higher", range=(0, 1), axis="f1", rows="test"),
    "recall": Metric("share of the true pairs that are found", "higher", range=(0, 1), axis="f1", rows="test"),
    "nearest_name": Metric(
        "F1 of a rule: each pronoun links to the nearest name before it, each name to the same name", "higher",
        range=(0, 1), axis="f1", rows="test",
    ),
    "nearest_fitting": Metric(
        "F1 of a rule: each pronoun links to the nearest name of its gender, each name to the same name", "higher",
        range=(0, 1), axis="f1", rows="test",
    ),
}  # fmt: skip
TESTED, SHOWN = 400, 8  # texts
BEFORE_TEST = 1_000_000  # seeds of the test rows lie so far from those of the training rows
PAD, UNKNOWN = 0, 1
ENTITIES = tuple(f"entity {number}" for number in range(1, 9))  # colours of a text


def build(
    *,
    context: bool = True,
    train_rows: int = 1500,
    embedding: int = 24,
    hidden: int = 32,
    batch: int = 32,
    lr: float = 0.01,
) -> Callable[[Context], "Coreference"]:
    """Each step trains on texts of which it is known which words name the same person or thing.

    context: whether a bidirectional LSTM reads the text; otherwise a word is known by itself and by its distance.
    train_rows: texts to train on, at least 10.
    embedding: numbers of a word, at least 1.
    hidden: units of the LSTM each way, and of the layer that scores pairs, at least 1.
    batch: texts of a step, at least 1.
    lr: learning rate of Adam, above 0.
    """
    return lambda run: Coreference(run, context, train_rows, embedding, hidden, batch, lr)


class Linker(nn.Module):
    """Words (B, L) -> scores (B, L, 1 + L): of no antecedent, which is 0, and of each earlier word."""

    def __init__(self, words: int, length: int, embedding: int, hidden: int, context: bool):
        super().__init__()
        self.embed = nn.Embedding(words, embedding, padding_idx=PAD)
        self.lstm = nn.LSTM(embedding, hidden, batch_first=True, bidirectional=True) if context else None
        width = embedding + 2 * hidden * context
        self.later, self.earlier = nn.Linear(width, hidden), nn.Linear(width, hidden, bias=False)
        self.distance = nn.Embedding(length, hidden)
        self.score = nn.Linear(hidden, 1)
        self.query, self.key = nn.Linear(width, hidden), nn.Linear(width, hidden)

    def forward(self, words: Tensor) -> Tensor:
        x = self.embed(words)  # (B, L, E)
        if self.lstm:
            x = torch.cat([x, self.lstm(x)[0]], 2)
        places = torch.arange(words.shape[1], device=words.device)
        apart = places[:, None] - places  # (L, L)
        pairs = self.later(x)[:, :, None] + self.earlier(x)[:, None] + self.distance(apart.clamp(min=0))
        scores = self.score(pairs.relu())[..., 0] + self.query(x) @ self.key(x).mT  # (B, L, L)
        scores = scores.masked_fill((apart <= 0) | (words == PAD)[:, None], -torch.inf)
        return torch.cat([torch.zeros_like(scores[..., :1]), scores], 2)


def antecedents(numbers: Tensor) -> Tensor:
    """Numbers of persons (B, L), NOBODY for none -> bool (B, L, 1 + L): whether none, or each earlier one, is right."""
    there = numbers != NOBODY
    same = (numbers[:, :, None] == numbers[:, None]) & there[:, :, None]
    same = same.tril(-1)
    return torch.cat([~same.any(2, keepdim=True), same], 2)


def clusters(links: list[int]) -> list[int]:
    """The word that each links to, itself for none (L) -> the first word of each one's chain (L)."""
    firsts: list[int] = []
    for place, link in enumerate(links):
        firsts.append(place if link == place else firsts[link])
    return firsts


def pairs(firsts: list[int]) -> set[tuple[int, int]]:
    """Clusters (L) -> all pairs of words in one of them."""
    return {(a, b) for b in range(len(firsts)) for a in range(b) if firsts[a] == firsts[b]}


def nearest(text: Text, fitting: bool) -> list[int]:
    """By rule: a name links to the same name, a pronoun to the nearest name, where fitting the nearest of its kind."""
    links = []
    for place, (word, _) in enumerate(text):
        before = [at for at in range(place) if text[at][0] in NAMES]
        if word in NAMES:
            before = [at for at in before if text[at][0] == word]
        elif word not in PRONOUNS:
            before = []
        elif fitting:
            kind = PRONOUNS.index(word)
            before = [at for at in before if NAMES.index(text[at][0]) // (len(NAMES) // len(PRONOUNS)) == kind]
        links.append(max(before, default=place))
    return links


class Coreference(nn.Module):
    """Training texts, a Linker, and test texts of a seed of their own."""

    done = False

    def __init__(
        self, run: Context, context: bool, train_rows: int, embedding: int, hidden: int, batch: int, lr: float
    ):
        super().__init__()
        self.batch, self.device = batch, run.device
        train = texts(train_rows, run.seed)
        known = {tuple(text) for text in train}
        self.test = [text for text in texts(2 * TESTED, run.seed + BEFORE_TEST) if tuple(text) not in known][:TESTED]
        self.words = ["", "?", *sorted({word for text in train for word, _ in text})]
        self.train_words, self.train_numbers = self._numbered(train)
        self.test_words, _ = self._numbered(self.test)
        length = max(self.train_words.shape[1], self.test_words.shape[1])
        self.net = Linker(len(self.words), length, embedding, hidden, context).to(self.device)
        self.adam = AdamInBuffers(self.net.parameters(), lr)
        rules = {"nearest_name": False, "nearest_fitting": True}
        self.others = {
            name: self._judged([nearest(text, fitting) for text in self.test])["f1"] for name, fitting in rules.items()
        }

    def _numbered(self, found: list[Text]) -> tuple[Tensor, Tensor]:
        """Words (N, L), PAD behind, and the numbers of persons and things (N, L), NOBODY for none."""
        number = {word: place for place, word in enumerate(self.words)}
        known = [torch.tensor([number.get(word, UNKNOWN) for word, _ in text]) for text in found]
        words = pad_sequence(known, True, PAD)
        meant = pad_sequence([torch.tensor([meant for _, meant in text]) for text in found], True, NOBODY)
        return words.to(self.device), meant.to(self.device)

    def step(self) -> dict[str, float]:
        """One step of Adam: of all right antecedents of a word together the probability is to be high."""
        rows = torch.randint(len(self.train_words), (self.batch,)).to(self.device)
        words, right = self.train_words[rows], antecedents(self.train_numbers[rows])
        with torch.enable_grad():
            log_p = self.net(words).log_softmax(2)
            missed = -log_p.masked_fill(~right, -torch.inf).logsumexp(2)  # (B, L)
            there = (words != PAD).float()
            loss = (missed * there).sum() / there.sum()
            self.adam.step(loss)
        return {"loss": loss.item()}

    def links(self) -> list[list[int]]:
        """Of each test text the word that each word links to, itself for none."""
        best = self.net(self.test_words).argmax(2).tolist()
        return [
            [choice - 1 if choice else place for place, choice in enumerate(row[: len(text)])]
            for row, text in zip(best, self.test, strict=True)
        ]

    def _judged(self, links: list[list[int]]) -> dict[str, float]:
        right = found = true = 0
        for text, row in zip(self.test, links, strict=True):
            of_text = {(a, b) for a, b in pairs([meant for _, meant in text]) if text[a][1] != NOBODY}
            of_net = pairs(clusters(row))
            right, found, true = right + len(of_text & of_net), found + len(of_net), true + len(of_text)
        precision, recall = right / max(1, found), right / max(1, true)
        return {"f1": 2 * right / max(1, found + true), "precision": precision, "recall": recall}

    def evaluate(self) -> dict[str, float]:
        return {**self._judged(self.links()), **self.others}

    def pictures(self) -> Iterator[Picture]:
        """Test texts coloured by who is meant, and what the words of the first one choose."""
        links = self.links()
        shown = sorted(range(len(self.test)), key=lambda row: len(self.test[row]))
        shown = [row for row in shown if _is_telling(self.test[row])][:SHOWN]
        yield Picture("texts", self._spans([(self.test[row], links[row]) for row in shown]))
        yield Picture("antecedents", self._alignment(shown[0]))

    def _spans(self, shown: list[tuple[Text, list[int]]]) -> Spans:
        """Words that are linked, in the colour of their cluster; marked where the link is wrong or lacks."""
        parts, label, marked = [], [], []
        for text, links in shown:
            firsts = clusters(links)
            several = [first for first in dict.fromkeys(firsts) if firsts.count(first) > 1]
            right = antecedents(torch.tensor([[meant for _, meant in text]]))[0]
            for place, (word, _) in enumerate(text):
                if not right[place, 0 if links[place] == place else 1 + links[place]]:
                    marked.append(len(parts))
                label += [several.index(firsts[place]) if firsts[place] in several else -1, -1]
                parts += [word, " "]
            parts[-1] = "\n"
        known = list(ENTITIES[: max(label) + 1])
        title = "test texts: words of one colour are linked"
        return Spans(parts=parts, label=label, classes=known, marked=marked, mark="wrong", title=title)

    def _alignment(self, row: int) -> Alignment:
        """Names and pronouns of a text, and the probability of each antecedent."""
        text = self.test[row]
        places = [place for place, (_, meant) in enumerate(text) if meant != NOBODY]
        p = self.net(self.test_words[row : row + 1]).softmax(2)[0].cpu()
        chosen = p[places][:, [0, *(1 + place for place in places[:-1])]]
        columns = ["none", *(text[place][0] for place in places[:-1])]
        for later in range(len(places)):
            chosen[later, later + 1 :] = torch.nan  # not yet there
        rows = [text[place][0] for place in places]
        titles = {"row_title": "word", "column_title": "earlier", "title": "probability of each antecedent, in percent"}
        return Alignment(weights=chosen.numpy(), rows=rows, columns=columns, **titles)


def _is_telling(text: Text) -> bool:
    """Whether a pronoun means another than the nearest name of its gender."""
    meant = [number for _, number in text]
    return any(meant[link] != meant[place] for place, link in enumerate(nearest(text, fitting=True)))
