"""Names that a tagger finds: whole names that are right, names that are broken, and its scores from tag to tag."""

from collections.abc import Callable, Iterator

from dltui.engine.contracts.task import Picture
from dltui.engine.metrics.entities import broken, entities, f1
from dltui.engine.reading.sentences import NO_TAG, UNKNOWN
from dltui.engine.tasks.tag import Tag
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Alignment, Spans

TASKS = ("tag",)
METRICS = {
    "f1": Metric(
        "F1 of the names of the test sentences: one counts if all its words and its kind are right",
        better="higher", range=(0, 1), rows="test",
    ),
    "f1_unseen": Metric(
        "F1 of the names of the test sentences that have a word which is not in the vocabulary",
        better="higher", range=(0, 1), axis="f1", rows="test",
    ),
    "broken": Metric(
        "words of the test sentences tagged as going on with a name that none before them begins",
        better="lower", range=(0, None), whole=True, rows="test",
    ),
}  # fmt: skip
SHOWN = 16  # sentences


def build() -> Callable[[Tag], "Entities"]:
    """For tags O, B-KIND and I-KIND; of a net with a CRF it draws what each move from tag to tag is worth."""
    return Entities


class Entities:
    """See contracts.probe.Probe."""

    def __init__(self, task: Tag):
        self.task, self.test = task, task.rows.test
        self.names = task.rows.classes
        if not any(name.startswith("B-") for name in self.names):
            raise DltuiError(
                f"The probe entities needs tags such as B-PER and I-PER; these are {', '.join(self.names[:8])}.",
                'Set data.targets="entities", or leave the probe out.',
                ExitStatus.USAGE,
            )
        self.kinds = sorted({name[2:] for name in self.names if name[1:2] == "-"})

    def tagged(self, count: int | None = None) -> tuple[list[list[str]], list[list[str]]]:
        """The tags of the test sentences: found and true ones."""
        words, targets = self.test.stored[:count], self.test.targets[:count]
        lengths = (targets != NO_TAG).sum(1).tolist()
        return tuple(
            [[self.names[tag] for tag in row[:length]] for row, length in zip(tags.tolist(), lengths, strict=True)]
            for tags in (self.task.predictions(words), targets)
        )

    def evaluate(self) -> dict[str, float]:
        found, true = self.tagged()
        rows = [(entities(a), entities(b)) for a, b in zip(found, true, strict=True)]
        unknown = (self.test.stored == UNKNOWN).tolist()

        def unseen(names: set, row: int) -> set:
            return {name for name in names if any(unknown[row][name[0] : name[1]])}

        some = [(unseen(a, row), unseen(b, row)) for row, (a, b) in enumerate(rows)]
        return {
            "f1": f1(*zip(*rows, strict=True)),
            "f1_unseen": f1(*zip(*some, strict=True)),
            "broken": sum(broken(tags) for tags in found),
        }

    def pictures(self) -> Iterator[Picture]:
        """Test sentences with their names coloured, and the CRF's scores of moves where there is one."""
        yield Picture("names", self._names())
        crf = getattr(self.task.net, "crf", None)
        if crf is not None:
            shares = crf.moves.detach().float().softmax(1).cpu().numpy()  # exp(A) of a row, as shares
            titles = {
                "row_title": "tag",
                "column_title": "next tag",
                "title": "exp of the CRF's moves, percent of a row",
            }
            yield Picture("moves", Alignment(weights=shares, rows=list(self.names), columns=list(self.names), **titles))

    def _names(self) -> Spans:
        """The first sentences; a name on a coloured background is wrong: its kind, or a word too many or too few."""
        found, true = self.tagged(SHOWN)
        words = self.task.words
        parts, label, marked = [], [], []
        for row, (tags, wanted) in enumerate(zip(found, true, strict=True)):
            for place, (tag, want) in enumerate(zip(tags, wanted, strict=True)):
                if tag != want:
                    marked.append(len(parts))
                number = int(self.test.stored[row, place])
                parts += ["?" if number == UNKNOWN else words[number], " "]
                label += [self.kinds.index(tag[2:]) if tag != "O" else -1, -1]
            parts[-1] = "\n"
        title = "names in test sentences; ? is a word that is not in the vocabulary"
        return Spans(parts=parts, label=label, classes=self.kinds, marked=marked, mark="wrong", title=title)
