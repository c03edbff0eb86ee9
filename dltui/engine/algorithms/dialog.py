"""A dialogue with a goal: a net writes each reply and may copy words of what was said (See, Liu, Manning 2017, "Get to
the point", arXiv:1704.04368; Eric and Manning 2017, arXiv:1701.04024)."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from dltui.engine.contracts.task import Context, Picture
from dltui.engine.generators.bookings import BOOKED, NAMES, NEW_NAMES, Goal, User, script, users
from dltui.engine.layers.adam_in_buffers import AdamInBuffers
from dltui.engine.models.attention_seq2seq import AttentionSeq2Seq, WordEncoder
from dltui.engine.reading.sentences import END, PAD, SPECIAL, START, UNKNOWN
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Spans, Table

NEEDS_DATA = False
METRICS = {
    "loss": Metric("training loss of a word of a reply", better="lower", progress=True, rows="train"),
    "goal": Metric(
        "share of the test dialogues that end with the right booking, all names known from training",
        better="higher", range=(0, 1), rows="test",
    ),
    "goal_new_names": Metric(
        "share of the test dialogues that end with the right booking, all names new", better="higher",
        range=(0, 1), axis="goal", rows="test",
    ),
    "turns": Metric("replies of the net in a test dialogue, mean", "lower", range=(0, None), rows="test"),
}  # fmt: skip
TESTED = 150  # dialogues of each kind
BEFORE_TEST = 1_000_000  # seeds of the test dialogues lie so far from those of the training ones
TURNS, LONGEST = 7, 6  # replies of a dialogue, words of a reply with its end
MASKED = 0.5  # share of the training rows in which names are read as unknown words
LEAST = 1e-9  # a probability whose logarithm is taken
LISTED = 8  # dialogues of the table


def build(
    *,
    copy: bool = True,
    train_rows: int = 500,
    embedding: int = 24,
    hidden: int = 48,
    batch: int = 32,
    lr: float = 0.005,
) -> Callable[[Context], "Dialog"]:
    """Each step trains on replies of scripted dialogues; then the net itself talks to simulated users.

    copy: whether a word of a reply may be copied from what was said; otherwise all are from the vocabulary.
    train_rows: dialogues to train on, at least 10.
    embedding: numbers of a word, at least 1.
    hidden: units of the encoder each way, and of the decoder, at least 1.
    batch: replies of a step, at least 1.
    lr: learning rate of Adam, above 0.
    """
    return lambda context: Dialog(context, copy, train_rows, embedding, hidden, batch, lr)


class Talk(NamedTuple):
    """A test dialogue."""

    user: User
    said: list[str]  # by user and net in turn
    copied: list[list[float]]  # of each reply how much each word was copied
    booked: Goal | None


class Replier(nn.Module):
    """What was said (B, L) -> replies. Numbers from `known` on are words that are read as UNKNOWN and only copied."""

    def __init__(self, known: int, embedding: int, hidden: int, copy: bool):
        super().__init__()
        self.known, self.copy = known, copy
        self.net = AttentionSeq2Seq(WordEncoder(known, embedding, hidden), known, embedding, hidden, "additive")
        self.gate = nn.Linear(embedding + 2 * hidden + hidden, 1)

    def read(self, words: Tensor) -> Tensor:
        return words.masked_fill(words >= self.known, UNKNOWN)

    def mixed(self, out: Tensor, alpha: Tensor) -> tuple[Tensor, Tensor]:
        """out (B, F), alpha (B, L) -> p of each known word to be generated (B, known), of each place to be copied."""
        g = self.gate(out).sigmoid() if self.copy else torch.ones_like(out[:, :1])
        return g * self.net.W_o(out).softmax(1), (1 - g) * alpha

    def loss(self, said: Tensor, masked: Tensor, replies: Tensor) -> Tensor:
        """said (B, L), the words that are copied; masked (B, L), those that are read; replies (B, T) -> scalar."""
        read, state = self.net.encode(masked)
        before = torch.cat([torch.full_like(replies[:, :1], START), replies[:, :-1]], 1)
        log_p = []
        for y, target in zip(self.net.words(self.read(before)).unbind(1), replies.unbind(1), strict=True):
            out, state, alpha = self.net.step(y, state, read)
            generated, copied = self.mixed(out, alpha)
            p = generated.gather(1, target[:, None])[:, 0] + (copied * (said == target[:, None])).sum(1)
            log_p.append(p.clamp(min=LEAST).log())
        there = (replies != PAD).float()
        return -(torch.stack(log_p, 1) * there).sum() / there.sum()

    def reply(self, said: Tensor, words: int) -> tuple[Tensor, Tensor]:
        """said (B, L), of `words` words in all -> replies (B, LONGEST), and how much each word was copied."""
        read, state = self.net.encode(self.read(said))
        word = torch.full((len(said),), START, device=said.device)
        replies, shares = [], []
        for _ in range(LONGEST):
            out, state, alpha = self.net.step(self.net.words(self.read(word)), state, read)
            generated, copied = self.mixed(out, alpha)
            p = torch.zeros(len(said), words, device=said.device)
            p[:, : self.known] = generated
            p.scatter_add_(1, said, copied)
            word = p.argmax(1)
            replies.append(word)
            copied_here = (copied * (said == word[:, None])).sum(1)
            shares.append(copied_here / p.gather(1, word[:, None])[:, 0])
        return torch.stack(replies, 1), torch.stack(shares, 1)


class Dialog(nn.Module):
    """Replies of scripted dialogues, a Replier, and test users of a seed of their own."""

    done = False

    def __init__(
        self, context: Context, copy: bool, train_rows: int, embedding: int, hidden: int, batch: int, lr: float
    ):
        super().__init__()
        self.batch, self.device, self.seed = batch, context.device, context.seed
        turns = [turn for user in users(train_rows, context.seed, NAMES) for turn in script(user)]
        spoken = sorted({word for turn in turns for text in turn for word in text.split()} | set(NAMES))
        self.words = [*SPECIAL, *spoken, *NEW_NAMES]
        self.number = {word: place for place, word in enumerate(self.words)}
        self.said = self._rows([said for said, _ in turns])
        self.replies = self._rows([f"{reply} {SPECIAL[END]}" for _, reply in turns])
        self.names = torch.tensor([self.number[name] for name in NAMES], device=self.device)
        self.net = Replier(len(self.words) - len(NEW_NAMES), embedding, hidden, copy).to(self.device)
        self.adam = AdamInBuffers(self.net.parameters(), lr)

    def _rows(self, texts: list[str]) -> Tensor:
        rows = [torch.tensor([self.number.get(word, UNKNOWN) for word in text.split()]) for text in texts]
        return pad_sequence(rows, True, PAD).to(self.device)

    def step(self) -> dict[str, float]:
        """One step of Adam; where the net can copy, some rows' names are read as unknown words: their places tell."""
        rows = torch.randint(len(self.said), (self.batch,))
        hide = torch.rand(self.batch, 1).to(self.device) < MASKED * self.net.copy
        said, replies = self.said[rows.to(self.device)], self.replies[rows.to(self.device)]
        masked = said.masked_fill(torch.isin(said, self.names) & hide, UNKNOWN)
        with torch.enable_grad():
            loss = self.net.loss(said, masked, replies)
            self.adam.step(loss)
        return {"loss": loss.item()}

    def talks(self, names: list[str]) -> list[Talk]:
        """The net talks to test users side by side, until it books or has said too much."""
        found = [Talk(user, [user.opening()], [], None) for user in users(TESTED, self.seed + BEFORE_TEST, names)]
        for _ in range(TURNS):
            open_ = [number for number, talk in enumerate(found) if talk.booked is None]
            if not open_:
                break
            said = self._rows([" / ".join(found[number].said) for number in open_])
            replies, shares = self.net.reply(said, len(self.words))
            for number, reply, share in zip(open_, replies.tolist(), shares.tolist(), strict=True):
                found[number] = self._gone_on(found[number], reply, share)
        return found

    def _gone_on(self, talk: Talk, reply: list[int], copied: list[float]) -> Talk:
        end = reply.index(END) if END in reply else len(reply)
        words = [self.words[number] for number in reply[:end]]
        talk.said.append(" ".join(words))
        talk.copied.append(copied[:end])
        if words[:1] == [BOOKED]:
            day, people, *name = [*words[1:], "", ""][: max(2, len(words) - 1)]
            return talk._replace(booked=Goal(day, people, " ".join(name)))
        talk.said.append(talk.user.answer(talk.said[-1]))
        return talk

    def evaluate(self) -> dict[str, float]:
        found = {"goal": self.talks(NAMES), "goal_new_names": self.talks(NEW_NAMES)}
        met = {name: sum(talk.booked == talk.user.goal for talk in talks) / TESTED for name, talks in found.items()}
        return {**met, "turns": sum(len(talk.copied) for talk in found["goal"]) / TESTED}

    def pictures(self) -> Iterator[Picture]:
        """A dialogue with a new name, its words by how much they were copied; what was wanted and what was booked."""
        talks = self.talks(NEW_NAMES)
        several = [talk for talk in talks if len(talk.copied) > 1]
        yield Picture("dialogue", _transcript(min(several or talks, key=lambda talk: sum(map(len, talk.said)))))
        rows = []
        for talk in talks[:LISTED]:
            booked = " ".join(talk.booked) if talk.booked else "nothing"
            rows.append([" ".join(talk.user.goal), booked, "" if talk.booked == talk.user.goal else "wrong"])
        yield Picture("slots", Table(columns=["wanted", "booked", ""], rows=rows))


def _transcript(talk: Talk) -> Spans:
    """What user and net said, a line each."""
    parts, values = [], []
    for turn, text in enumerate(talk.said):
        parts += ["user: " if turn % 2 == 0 else "net: "]
        values += [torch.nan]
        if turn % 2 == 0:
            parts, values = [*parts, text, "\n"], [*values, torch.nan, torch.nan]
            continue
        for word, share in zip(text.split(), talk.copied[turn // 2], strict=True):
            parts, values = [*parts, word, " "], [*values, share, torch.nan]
        parts[-1] = "\n"
    limits, title = torch.tensor([0.0, 1.0]).numpy(), "words of the net: share copied"
    return Spans(parts=parts, values=torch.tensor(values).numpy(), limits=limits, title=title)
