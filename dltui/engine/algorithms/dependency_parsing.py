"""Transition-based dependency parsing: a net chooses each move of a stack and a buffer (Nivre 2004, "Incrementality in
deterministic dependency parsing", aclanthology.org/W04-0308; Chen and Manning 2014, aclanthology.org/D14-1082)."""

from collections.abc import Callable, Iterator, Sequence
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from dltui.engine.contracts.task import Context, Picture
from dltui.engine.generators.trees import Phrase, sentences
from dltui.engine.layers.adam_in_buffers import AdamInBuffers
from dltui.engine.pictures.lines import lines
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Lines, Spans, Text

NEEDS_DATA = False
METRICS = {
    "loss": Metric("training loss of a move", better="lower", progress=True, rows="train"),
    "uas": Metric(
        "share of the test words attached to the right head (unlabelled attachment score)",
        better="higher", range=(0, 1), rows="test",
    ),
    "exact": Metric("share of the test sentences whose whole tree is right", "higher", range=(0, 1), rows="test"),
    "next_word": Metric(
        "share of the test words attached rightly where each is attached to the next word", "higher",
        range=(0, 1), axis="uas", rows="test",
    ),
    "lookup": Metric(
        "share of the test words attached rightly by a table of how far each word's head most often is", "higher",
        range=(0, 1), axis="uas", rows="test",
    ),
}  # fmt: skip
MOVES = ("shift", "left-arc", "right-arc")
SHIFT, LEFT, RIGHT = range(3)
TESTED = 300  # sentences
SHOWN = (6, 9)  # words of the sentence that is shown
BEFORE_TEST = 1_000_000  # seeds of the test rows lie so far from those of the training rows
NOTHING, TOP = 0, 1  # numbers of words: an empty place or an unknown word, and the root at the bottom of the stack
FARTHEST = 8  # words from a word to its head, in the picture
WIDE = 26  # columns of a state


def build(
    *,
    sees: Literal["both", "stack", "buffer"] = "both",
    train_rows: int = 1500,
    embedding: int = 24,
    hidden: int = 96,
    batch: int = 256,
    lr: float = 0.005,
) -> Callable[[Context], "DependencyParsing"]:
    """Each step trains on moves that build the known trees of sentences; then the net moves by itself.

    sees: both, the words on top of the stack with their outermost children, and the next ones in the buffer; stack or
        buffer, nothing of the other.
    train_rows: sentences to train on, at least 10.
    embedding: numbers of a word, at least 1.
    hidden: units of the hidden layer, at least 1.
    batch: moves of a step, at least 1.
    lr: learning rate of Adam, above 0.
    """
    return lambda context: DependencyParsing(context, sees, train_rows, embedding, hidden, batch, lr)


class Parse:
    """A sentence that is being parsed: word 0 is the root, the words are 1..n."""

    def __init__(self, n: int):
        self.n, self.stack, self.next = n, [0], 1
        self.heads = [-1] * (n + 1)
        self.children: list[list[int]] = [[] for _ in range(n + 1)]

    @property
    def done(self) -> bool:
        return self.next > self.n and len(self.stack) == 1

    def allowed(self) -> list[bool]:
        """Whether each of MOVES can be made; only the last word that is left goes under the root."""
        two, buffer = len(self.stack) > 2, self.next <= self.n
        return [buffer, two, two or (len(self.stack) == 2 and not buffer)]

    def move(self, kind: int) -> None:
        """shift: the next word goes onto the stack. left-arc: the last but one word gets the last one as its head and
        leaves the stack. right-arc: the last one gets the last but one."""
        if kind == SHIFT:
            self.stack.append(self.next)
            self.next += 1
            return
        child = self.stack.pop(-2 if kind == LEFT else -1)
        self.heads[child] = self.stack[-1]
        self.children[self.stack[-1]].append(child)

    def seen(self) -> list[int]:
        """Words that the net sees, -1 for none: three of the stack and of the buffer, and for the last two of the stack
        their first and their last child."""
        stack = [-1, -1, -1, *self.stack][-3:]
        buffer = [self.next + ahead if self.next + ahead <= self.n else -1 for ahead in range(3)]
        kin = [pick(self.children[word], default=-1) if word > 0 else -1 for word in stack[1:] for pick in (min, max)]
        return [*stack, *kin, *buffer]


SEEN, STACK_SEEN = 10, 7  # places, and those that belong to the stack


def oracle(parse: Parse, heads: Sequence[int]) -> int:
    """The move that leads to the tree: heads of the words 1..n stand at 1..n, the root is 0."""
    if len(parse.stack) < 2:
        return SHIFT
    under, top = parse.stack[-2:]
    if under and heads[under] == top:
        return LEFT
    if heads[top] == under and all(parse.heads[child] == top for child, head in enumerate(heads) if head == top):
        return RIGHT
    return SHIFT


def heads_of(phrase: Phrase) -> list[int]:
    """The head of each word counted from 1, 0 for the root; what stands at 0 is no word."""
    return [-1, *(head + 1 for head in phrase.heads)]


class MoveNet(nn.Module):
    """Words seen (B, SEEN) -> logits of the moves (B, 3)."""

    def __init__(self, words: int, embedding: int, hidden: int):
        super().__init__()
        self.embed = nn.Embedding(words, embedding)
        self.layers = nn.Sequential(nn.Linear(SEEN * embedding, hidden), nn.ReLU(), nn.Linear(hidden, len(MOVES)))

    def forward(self, seen: Tensor) -> Tensor:
        return self.layers(self.embed(seen).flatten(1))


class DependencyParsing(nn.Module):
    """Moves of the training sentences, a net, and test sentences of a seed of their own."""

    done = False

    def __init__(
        self, context: Context, sees: str, train_rows: int, embedding: int, hidden: int, batch: int, lr: float
    ):
        super().__init__()
        self.sees, self.batch, self.device = sees, batch, context.device
        train = sentences(train_rows, context.seed)
        known = {tuple(phrase.words) for phrase in train}
        drawn = sentences(2 * TESTED, context.seed + BEFORE_TEST)
        self.test = [phrase for phrase in drawn if tuple(phrase.words) not in known][:TESTED]
        words = sorted({word for phrase in train for word in phrase.words})
        self.number = {word: place for place, word in enumerate(words, TOP + 1)}
        seen, moves = self._moves(train)
        self.seen, self.moves = torch.tensor(seen, device=self.device), torch.tensor(moves, device=self.device)
        self.net = MoveNet(len(words) + TOP + 1, embedding, hidden).to(self.device)
        self.adam = AdamInBuffers(self.net.parameters(), lr)
        self.others = self._baselines(train)

    def _moves(self, train: list[Phrase]) -> tuple[list[list[int]], list[int]]:
        """All moves that build the trees: words seen before each, and what is done."""
        seen, moves = [], []
        for phrase in train:
            parse, numbers, heads = Parse(len(phrase.words)), self._numbers(phrase), heads_of(phrase)
            while not parse.done:
                seen.append(self._features(parse, numbers))
                moves.append(oracle(parse, heads))
                parse.move(moves[-1])
        return seen, moves

    def _numbers(self, phrase: Phrase) -> list[int]:
        known = (self.number.get(word, NOTHING) for word in phrase.words)
        return [TOP, *known, NOTHING]  # the last one stands for place -1

    def _features(self, parse: Parse, numbers: list[int]) -> list[int]:
        seen = [numbers[place] for place in parse.seen()]
        hidden = {"both": range(0), "stack": range(STACK_SEEN, SEEN), "buffer": range(STACK_SEEN)}[self.sees]
        return [NOTHING if place in hidden else word for place, word in enumerate(seen)]

    def _baselines(self, train: list[Phrase]) -> dict[str, float]:
        """The next word as head; the commonest distance of each word's head in the training sentences."""
        far = [Phrase(one.words, [head - place for place, head in enumerate(heads_of(one)[1:], 1)]) for one in train]
        counts: dict[str, dict[int, int]] = {}
        for phrase in far:
            for word, distance in zip(*phrase, strict=True):
                counts.setdefault(word, {}).setdefault(distance, 0)
                counts[word][distance] += 1
        commonest = {word: max(found, key=found.get) for word, found in counts.items()}
        pairs = [
            (head - place, commonest.get(word, 1))
            for phrase in self.test
            for place, (word, head) in enumerate(zip(phrase.words, heads_of(phrase)[1:], strict=True), 1)
        ]
        return {
            "next_word": sum(distance == 1 for distance, _ in pairs) / len(pairs),
            "lookup": sum(distance == guess for distance, guess in pairs) / len(pairs),
        }

    def step(self) -> dict[str, float]:
        """One step of Adam on a batch of moves."""
        rows = torch.randint(len(self.moves), (self.batch,)).to(self.device)
        with torch.enable_grad():
            loss = cross_entropy(self.net(self.seen[rows]), self.moves[rows])
            self.adam.step(loss)
        return {"loss": loss.item()}

    def parsed(self, phrases: list[Phrase]) -> tuple[list[Parse], list[list[int]]]:
        """Parses sentences side by side, each move the likeliest one allowed; returns the moves of each too."""
        parses, numbers = [Parse(len(one.words)) for one in phrases], [self._numbers(one) for one in phrases]
        made: list[list[int]] = [[] for _ in phrases]
        while open_ := [row for row, parse in enumerate(parses) if not parse.done]:
            seen = torch.tensor([self._features(parses[row], numbers[row]) for row in open_], device=self.device)
            allowed = torch.tensor([parses[row].allowed() for row in open_], device=self.device)
            best = self.net(seen).masked_fill(~allowed, -torch.inf).argmax(1).tolist()
            for row, move in zip(open_, best, strict=True):
                parses[row].move(move)
                made[row].append(move)
        return parses, made

    def _hits(self) -> list[list[bool]]:
        """Of each test sentence whether each word is attached rightly."""
        parses, _ = self.parsed(self.test)
        return [
            [head == true for head, true in zip(parse.heads[1:], heads_of(phrase)[1:], strict=True)]
            for parse, phrase in zip(parses, self.test, strict=True)
        ]

    def evaluate(self) -> dict[str, float]:
        hits = self._hits()
        words = [hit for each in hits for hit in each]
        return {"uas": sum(words) / len(words), "exact": sum(map(all, hits)) / len(hits), **self.others}

    def pictures(self) -> Iterator[Picture]:
        """One test sentence move by move and as a tree, and how far away the heads are that are found."""
        phrase = max((one for one in self.test if SHOWN[0] <= len(one.words) <= SHOWN[1]), key=_spread)
        (parse,), (moves,) = self.parsed([phrase])
        yield Picture("moves", self._spans(phrase, moves))
        yield Picture("accuracy by distance", self._by_distance())
        yield Picture("tree", Text(text=tree(phrase.words, parse.heads, heads_of(phrase))))

    def _by_distance(self) -> Lines:
        hits = torch.zeros(2, FARTHEST + 1)  # all, and those that are right
        for phrase, right in zip(self.test, self._hits(), strict=True):
            for place, (head, hit) in enumerate(zip(heads_of(phrase)[1:], right, strict=True), 1):
                if head and abs(head - place) <= FARTHEST:
                    hits[:, abs(head - place)] += torch.tensor([1.0, hit])
        there = hits[0].nonzero()[:, 0]
        axes = {"x_title": "words from a word to its head", "y_title": "share attached rightly"}
        return lines({"parser": (there, (hits[1] / hits[0])[there])}, **axes)

    def _spans(self, phrase: Phrase, moves: list[int]) -> Spans:
        """The top of the stack and the next word before each move, and the move; arcs that are wrong are marked."""
        parse, words, heads = Parse(len(phrase.words)), ["root", *phrase.words, ""], heads_of(phrase)
        parts, label, marked = [], [], []
        for move in moves:
            state = " ".join(words[place] for place in parse.stack[-2:])
            state += f" | {words[min(parse.next, parse.n + 1)]}"
            before = set(parse.stack)
            parse.move(move)
            if any(parse.heads[child] != heads[child] for child in before - set(parse.stack)):
                marked.append(len(parts) + 1)
            parts += [state.ljust(WIDE), MOVES[move], "\n"]
            label += [-1, move, -1]
        title = "top of the stack | next word, move"
        return Spans(parts=parts, label=label, classes=list(MOVES), marked=marked, mark="wrong arc", title=title)


def _spread(phrase: Phrase) -> int:
    """The longest way from a word to its head."""
    return max(abs(head - place) for place, head in enumerate(phrase.heads) if head >= 0)


def tree(words: Sequence[str], heads: Sequence[int], true: Sequence[int]) -> str:
    """The words one below the other, each as far in as it lies deep; heads and true heads are of the words 1..n."""
    written = []
    for place, word in enumerate(words, 1):
        depth, above = 0, place
        while heads[above]:
            depth, above = depth + 1, heads[above]
        corner = "" if not depth else "\u250c " if place < heads[place] else "\u2514 "
        fault = "" if heads[place] == true[place] else f"  (wrong: under {['root', *words][true[place]]})"
        written.append(f"{'  ' * depth}{corner}{word}{fault}")
    return "\n".join(written)
