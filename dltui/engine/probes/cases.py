"""Whether grammar is a direction: what leads from one case of some nouns to another leads there for other nouns, too
(Mikolov, Yih, Zweig 2013, aclanthology.org/N13-1090)."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor
from torch.nn.functional import normalize

from dltui.engine.contracts.models import Encoder
from dltui.engine.contracts.task import Picture, Task
from dltui.engine.generators.declined import CASES, NOUNS, form
from dltui.engine.pictures.plane import on_their_plane
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Scatter, Table

TASKS = ("skipgram",)
METRICS = {
    "case_hits": Metric(
        "share of forms that are nearest to their nominative plus the mean difference of both in other nouns",
        "higher",
        (0, 1),
    ),
    "gender_accuracy": Metric(
        "share of nouns whose gender the direction between the genders' means tells, from the other nouns",
        "higher",
        (0, 1),
    ),
}
NAMES = ("nominative", "genitive", "dative", "accusative", "instrumental", "prepositional")  # of CASES
LISTED = 12  # rows of the table


def build() -> Callable[[Task], "Cases"]:
    """For a net with `embed` of words, and the sentences of data.kind=declined_nouns."""
    return Cases


class Cases:
    """See contracts.probe.Probe. Of forms that two cases of a noun share none counts."""

    def __init__(self, task: Task):
        self.net: Encoder = task.net
        rows = task.rows.tags()
        if rows.classes != tuple(NOUNS):
            raise DltuiError(
                "The probe cases knows the forms of the nouns of data.kind=declined_nouns alone.",
                "Take: data.kind=declined_nouns.",
                ExitStatus.USAGE,
            )
        self.words = rows.vocabularies[0]
        number = {word: place for place, word in enumerate(self.words)}
        seen = set(rows.train.stored.unique().tolist())
        self.known = torch.tensor(sorted(seen - set(range(4))), device=rows.device)
        table = torch.full((len(NOUNS), len(CASES)), -1)  # words, -1 where the form is not alone or was never read
        for row, noun in enumerate(NOUNS):
            forms = [form(noun, case) for case in CASES]
            for column, one in enumerate(forms):
                if forms.count(one) == 1 and number.get(one) in seen:
                    table[row, column] = number[one]
        self.table = table.to(rows.device)
        self.feminine = torch.tensor([noun.endswith("а") for noun in NOUNS], device=rows.device)

    def _vectors(self) -> tuple[Tensor, Tensor]:
        """Directions (nouns, cases, d) of all forms, and which of them there are (nouns, cases)."""
        there = self.table >= 0
        return normalize(self.net.embed(self.table.clamp(min=0).flatten()), dim=1).unflatten(0, there.shape), there

    def _analogies(self) -> tuple[Tensor, Tensor]:
        """Returns (A, 2) nouns and cases that are asked for, and the word (A,) that is found for each."""
        v, there = self._vectors()
        both = there & there[:, :1]  # with its nominative
        both[:, 0] = False
        asked, found = [], []
        known = normalize(self.net.embed(self.known), dim=1)
        for column in range(1, len(CASES)):
            for feminine in (False, True):
                nouns = torch.where(both[:, column] & (self.feminine == feminine))[0]
                if len(nouns) < 2:
                    continue
                change = v[nouns, column] - v[nouns, 0]  # (n, d)
                others = (change.sum(0) - change) / (len(nouns) - 1)
                cosines = normalize(v[nouns, 0] + others, dim=1) @ known.T  # (n, K)
                cosines = cosines.masked_fill(self.table[nouns, :1] == self.known, -torch.inf)
                found.append(self.known[cosines.argmax(1)])
                asked.append(torch.stack([nouns, torch.full_like(nouns, column)], 1))
        return torch.cat(asked), torch.cat(found)

    def evaluate(self) -> dict[str, float]:
        asked, found = self._analogies()
        hits = (self.table[asked[:, 0], asked[:, 1]] == found).float().mean().item()
        return {"case_hits": hits, "gender_accuracy": self._gender_accuracy()}

    def _gender_accuracy(self) -> float:
        """Of nominatives: each noun by the means of the two genders' other nouns."""
        v, there = self._vectors()
        x, y = v[there[:, 0], 0], self.feminine[there[:, 0]]  # (n, d), (n,)
        sums = torch.stack([x[~y].sum(0), x[y].sum(0)])
        counts = torch.stack([(~y).sum(), y.sum()])
        own = torch.stack([~y, y], 1).to(x.dtype)  # (n, 2)
        means = (sums - own[:, :, None] * x[:, None]) / (counts - own)[:, :, None]  # (n, 2, d), without itself
        nearer = (x[:, None] - means).norm(dim=2).argmin(1)
        return (nearer == y.long()).float().mean().item()

    def pictures(self) -> Iterator[Picture]:
        """What is left of each form without the mean of its noun, and analogies."""
        v, there = self._vectors()
        weight = there[:, :, None].to(v.dtype)
        middle = (v * weight).sum(1, keepdim=True) / weight.sum(1, keepdim=True).clamp(min=1)
        x, y = on_their_plane((v - middle)[there]).T.cpu().numpy()
        label = there.nonzero()[:, 1].cpu().numpy()
        titles = {"x_title": "direction 1", "y_title": "direction 2, of forms without the mean of their noun"}
        yield Picture("cases", Scatter(x=x, y=y, label=label, classes=list(NAMES), **titles))
        asked, found = self._analogies()
        names, rows = list(NOUNS), []
        for at in torch.linspace(0, len(asked) - 1, min(LISTED, len(asked))).long().tolist():
            noun, column = asked[at].tolist()
            want = self.words[self.table[noun, column]]
            rows.append([names[noun], NAMES[column], self.words[found[at]], want])
        yield Picture("analogies", Table(columns=["noun", "asked for", "found", "right"], rows=rows))
