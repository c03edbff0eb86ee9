"""Metric learning by triplets: the same person near, others farther; somebody new is known from a single picture."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from dltui.engine.algorithms.triplet import all_negatives, hardest_negative, nearest
from dltui.engine.contracts.dataset import Dataset, as_floats
from dltui.engine.contracts.task import Objective, Picture
from dltui.engine.pictures.montage import montage
from dltui.recipes.metric import Metric

MODELS = ("model",)
METRICS = {
    "loss": Metric("mean of max(d(a, p) - d(a, n) + e, 0) over the triplets of a batch", better="lower", progress=True),
    "one_shot": Metric("share of pictures of new people whose nearest enrolled picture, one of each, is their own"),
    "pixels": Metric("the same share with raw pixels in place of embeddings"),
    "gap": Metric("mean distance of pictures of two new people less that of two of one"),
}
LOSSES = {"all": all_negatives, "hardest": hardest_negative}
ENROLMENTS = 4  # pictures of each person that take their turn at the gate
MAPPED = 8  # people on the map
SHOWN = 4  # queries at the gate
CANDIDATES = 3


def build(*, margin: float = 0.3, negatives: Literal["all", "hardest"] = "all") -> Callable:
    """Returns (data, nets, device) -> Triplet.

    margin: e, by how much farther somebody else must be, above 0, at most 2; no two embeddings are more than 2 apart.
    negatives: whose distance is compared: that of all others in the batch, or of the hardest, which is the nearest.
    """
    return partial(Triplet, margin=margin, negatives=negatives)


class Triplet:
    """A net that gives embeddings (B, D). The people of the test are not those of the training."""

    def __init__(self, data: Dataset, nets: dict[str, nn.Module], device: torch.device, margin: float, negatives: str):
        self.net, self.margin, self.mean_loss, self.names = nets["model"], margin, LOSSES[negatives], data.classes
        self.inputs, self.who = as_floats(data.train.inputs).to(device), data.train.targets.to(device)
        self.rows = len(self.inputs)
        order = self.who.argsort(stable=True)  # pictures of one person stand together
        counts = self.who.bincount(minlength=len(self.names))
        self.order, self.counts, self.starts = order, counts, counts.cumsum(0) - counts
        self.place = torch.empty_like(order).scatter_(0, order, torch.arange(len(order), device=device))
        self._meet(as_floats(data.test.inputs).to(device), data.test.targets.to(device))

    def _meet(self, pictures: Tensor, who: Tensor) -> None:
        """Sorts new people's pictures: of each the first ENROLMENTS may be enrolled."""
        order = who.argsort(stable=True)
        self.faces, self.people = pictures[order], who[order]
        _, numbers, counts = self.people.unique_consecutive(return_inverse=True, return_counts=True)
        starts = counts.cumsum(0) - counts
        self.numbers = numbers  # (Q,) 0, 1, 2 ... for the new people
        takes = min(ENROLMENTS, int(counts.min()) - 1)
        self.enrolments = [starts + take for take in range(takes)]  # (E,) rows, each person's number its place

    def objectives(self) -> list[Objective]:
        return [Objective("loss", "model", self.loss)]

    def loss(self, rows: Tensor) -> Tensor:
        """Each row is an anchor; p is drawn among the other pictures of the same person."""
        positives = self.others(rows)
        a, p = self.embedded(torch.cat([self.inputs[rows], self.inputs[positives]])).chunk(2)
        return self.mean_loss(a, p, self.who[rows], self.margin)

    def embedded(self, pictures: Tensor) -> Tensor:
        """Pictures (B, C, H, W) -> embeddings (B, D) of length 1, so that no two are more than 2 apart."""
        return normalize(self.net(pictures))

    def others(self, rows: Tensor) -> Tensor:
        """Rows (B,) -> for each a row of the same person, not itself."""
        who = self.who[rows]
        counts, starts = self.counts[who], self.starts[who]
        moved = 1 + (torch.rand(len(rows), device=rows.device) * (counts - 1)).long()  # 1 ... counts - 1
        return self.order[starts + (self.place[rows] - starts + moved) % counts]

    # -- the gate --------------------------------------------------------------------------------------------------

    def evaluate(self) -> dict[str, float]:
        embeddings = self.embedded(self.faces)
        apart = torch.cdist(embeddings, embeddings)
        same = self.numbers[:, None] == self.numbers
        own = same & ~torch.eye(len(same), dtype=torch.bool, device=same.device)
        return {
            "one_shot": self.one_shot(embeddings),
            "pixels": self.one_shot(self.faces.flatten(1)),
            "gap": (apart[~same].mean() - apart[own].mean()).item(),
        }

    def one_shot(self, embeddings: Tensor) -> float:
        """embeddings (Q, D) of new people's pictures -> share of those not enrolled that find their own person."""
        right = []
        for enrolled in self.enrolments:
            asked = torch.ones(len(embeddings), dtype=torch.bool, device=embeddings.device)
            asked[enrolled] = False
            found = nearest(embeddings[asked], embeddings[enrolled])[1][:, 0]
            right.append((found == self.numbers[asked]).float().mean())
        return torch.stack(right).mean().item()

    # -- the pictures ----------------------------------------------------------------------------------------------

    def pictures(self) -> Iterator[Picture]:
        embeddings = self.embedded(self.faces)
        mine = self.numbers < MAPPED
        shown = embeddings[mine] - embeddings[mine].mean(0)
        places = (shown @ torch.linalg.svd(shown, full_matrices=False)[2][:2].T).cpu().numpy()  # two widest directions
        yield Picture(
            "new people",
            {
                "type": "scatter",
                "x": places[:, 0],
                "y": places[:, 1],
                "label": self.numbers[mine].cpu().numpy(),
                "classes": [self.names[number] for number in self.people[mine].unique().tolist()],
            },
        )
        yield Picture("gate", self._gate(embeddings))

    def _gate(self, embeddings: Tensor) -> dict:
        """Rows of pictures: somebody at the gate, then the enrolled faces that are nearest, and how far they are."""
        enrolled = self.enrolments[0]
        queries = enrolled[:SHOWN] + len(self.enrolments)  # a picture of the same person that is never enrolled
        far, found = nearest(embeddings[queries], embeddings[enrolled])
        candidates = min(CANDIDATES, len(enrolled))
        faces, captions = [], []
        for row, query in enumerate(queries.tolist()):
            faces += [query, *enrolled[found[row, :candidates]].tolist()]
            captions.append("who?")
            for place, number in enumerate(found[row, :candidates].tolist()):
                right = " right" if number == int(self.numbers[query]) else ""
                captions.append(f"{far[row, place]:.2f}{right}")
        title = "a new picture, then the nearest in the list"
        return montage(self.faces[faces], columns=1 + candidates, captions=captions, title=title)
