"""From Bain to the vision transformer: a tree of ideas, and what the nets of ImageNet cost, counted from their layers.

Errors are those of the papers and of Russakovsky et al. 2015, "ImageNet large scale visual recognition challenge",
arXiv:1409.0575. Weights and multiply-adds are counted on torch's meta device, where nothing is computed.
"""

from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from dltui.engine.contracts.algorithm import Moment
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.metrics.operations import layer_costs, weights
from dltui.engine.models import densenet, lenet, mobilenet, nin, resnet, vgg, vit
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Bars, Edge, Graph, Node, Table

NEEDS_DATA = False
METRICS = {
    "weights": Metric("weights of the newest net, counted", whole=True, log=True),
    "operations": Metric("multiply-adds of the newest net for one picture, counted by layers", whole=True, log=True),
    "nets": Metric("nets counted so far", counter=True),
    "as_published": Metric("nets so far with as many weights as their paper tells", counter=True),
    "counted_twice": Metric(
        "nets so far whose multiply-adds by layers are those that torch's own counter sees", counter=True
    ),
    "top5_error": Metric("least top-5 error on ImageNet so far", better="lower", range=(0, 1)),
}
ATTENTION = ("bmm", "scaled_dot_product")  # in names of products of tokens with tokens, which are of no layer's weights


class Net(NamedTuple):
    """A net at the size of its paper."""

    build: Callable[[], nn.Module]
    channels: int
    size: int
    published: float  # weights, as the paper tells them
    unit: float  # of the last digit that it tells


class Idea(NamedTuple):
    """A node of the tree."""

    year: int
    name: str
    what: str
    after: tuple[str, ...] = ()  # names of those that it stands on
    top5: float = 0.0  # error on ImageNet, an ensemble's where the paper has one; 0 where there is none


IDEAS = (
    Idea(1873, "Bain", "memories are paths between nerve cells"),
    Idea(1943, "McCull-P", "McCulloch, Pitts: cells as gates that compute", ("Bain",)),
    Idea(1949, "Hebb", "what fires together is wired together", ("Bain",)),
    Idea(1958, "Rosenbl", "Rosenblatt: a perceptron learns its weights", ("McCull-P", "Hebb")),
    Idea(1962, "Hubel-W", "Hubel, Wiesel: simple and complex cells see edges"),
    Idea(1969, "Minsky-P", "Minsky, Papert: one layer cannot do XOR", ("Rosenbl",)),
    Idea(1980, "Neocogn", "Fukushima: layers of shared features, no teacher", ("Hubel-W",)),
    Idea(1986, "Backprop", "Rumelhart, Hinton, Williams: hidden layers learn", ("Minsky-P",)),
    Idea(1997, "LSTM", "Hochreiter, Schmidhuber: a sum carries gradients far", ("Backprop",)),
    Idea(1998, "LeNet-5", "LeCun: convolutions trained to read digits", ("Neocogn", "Backprop")),
    Idea(2010, "ImageNet", "a challenge: 1.2 M pictures; features by hand", (), 0.282),
    Idea(2011, "XRCE", "the last winner with features by hand", ("ImageNet",), 0.258),
    Idea(2012, "AlexNet", "ReLU, dropout, two GPUs", ("LeNet-5", "ImageNet"), 0.153),
    Idea(2014, "NiN", "1 x 1 convolutions, no fully connected head", ("AlexNet",)),
    Idea(2014, "VGG-16", "nothing but 3 x 3, deep", ("AlexNet",)),
    Idea(2014, "VGG-19", "and deeper", ("AlexNet",), 0.068),
    Idea(2014, "GoogLeNe", "GoogLeNet: kernels of several sizes side by side", ("NiN",), 0.0667),
    Idea(2015, "ResNet34", "blocks that add to their input", ("VGG-19", "LSTM")),
    Idea(2015, "ResNet50", "152 such layers won; here 50 are counted", ("VGG-19", "LSTM"), 0.0357),
    Idea(2017, "SENet", "channels weighted; the last challenge", ("ResNet50",), 0.0225),
    Idea(2017, "DenseNet", "every layer sees all before it", ("ResNet50",)),
    Idea(2017, "MobileNe", "MobileNet: each convolution in two, for telephones", ("VGG-16",)),
    Idea(2017, "Transf.", "attention alone, for translation", ("LSTM", "ResNet50")),
    Idea(2021, "ViT-B/16", "patches of a picture as words", ("Transf.", "ImageNet")),
)
GENERATIONS = 2  # that are drawn before the newest idea
PEOPLE = 0.051  # error of a trained person, Russakovsky et al., section 6.4.1


def nets(towers: int) -> dict[str, Net]:
    """Returns the nets of which there is a model, as published."""
    thousand, million = 1e3, 1e6
    return {
        "LeNet-5": Net(lambda: lenet.build(), 1, 28, 60e3, 10 * thousand),
        "AlexNet": Net(lambda: alexnet(towers), 3, 227, 60e6, million),
        "NiN": Net(lambda: nin.build(width=32, normalized=False), 3, 32, 0.97e6, 10 * thousand),
        "VGG-16": Net(lambda: _vgg(16), 3, 224, 138e6, million),
        "VGG-19": Net(lambda: _vgg(19), 3, 224, 144e6, million),
        "ResNet34": Net(lambda: _resnet(34), 3, 224, 21.8e6, 0.1 * million),
        "ResNet50": Net(lambda: _resnet(50), 3, 224, 25.6e6, 0.1 * million),
        "DenseNet": Net(
            lambda: densenet.build(layers=[6, 12, 24, 16], growth=32, imagenet=True, classes=1000),
            3, 224, 8e6, 0.1 * million,
        ),
        "MobileNe": Net(lambda: mobilenet.build(width=32, stages=5, classes=1000), 3, 224, 4.2e6, 0.1 * million),
        "ViT-B/16": Net(
            lambda: vit.build(patch=16, width=768, depth=12, heads=12, size=224, classes=1000), 3, 224, 86e6, million
        ),
    }  # fmt: skip


def alexnet(towers: int) -> nn.Module:
    """AlexNet (Krizhevsky, Sutskever, Hinton 2012, figure 2): layers 2, 4 and 5 divide their maps among the towers."""
    return nn.Sequential(
        nn.Conv2d(3, 96, 11, 4), nn.ReLU(), nn.MaxPool2d(3, 2),  # (B, 96, 27, 27)
        nn.Conv2d(96, 256, 5, padding=2, groups=towers), nn.ReLU(), nn.MaxPool2d(3, 2),  # (B, 256, 13, 13)
        nn.Conv2d(256, 384, 3, padding=1), nn.ReLU(),
        nn.Conv2d(384, 384, 3, padding=1, groups=towers), nn.ReLU(),
        nn.Conv2d(384, 256, 3, padding=1, groups=towers), nn.ReLU(), nn.MaxPool2d(3, 2),  # (B, 256, 6, 6)
        nn.Flatten(), nn.Dropout(), nn.Linear(256 * 6 * 6, 4096), nn.ReLU(),
        nn.Dropout(), nn.Linear(4096, 4096), nn.ReLU(), nn.Linear(4096, 1000),
    )  # fmt: skip


def _vgg(depth: int) -> nn.Module:
    return vgg.build(depth=depth, width=64, hidden=4096, normalized=False, dropout=0.5, size=224, classes=1000)


def _resnet(depth: int) -> nn.Module:
    return resnet.build(depth=depth, width=64, stem="imagenet", classes=1000)


class Count(NamedTuple):
    """What a net costs at the size of its paper."""

    layers: int  # convolutions and linear layers
    weights: int
    operations: int  # multiply-adds for one picture, by layers
    by_torch: int  # the same, by torch's own counter of what is dispatched, without products of tokens with tokens


def counted(net: Net) -> Count:
    """Counts a net of which nothing is computed."""
    with torch.device("meta"):
        built, picture = net.build().eval(), torch.empty(1, net.channels, net.size, net.size)
    costs = layer_costs(built, picture)
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        built(picture)
    seen = counter.get_flop_counts()["Global"].items()
    flops = sum(n for op, n in seen if not any(name in str(op) for name in ATTENTION))
    return Count(len(costs), weights(built), sum(cost.operations for cost in costs), flops // 2)


def build(*, towers: Literal[1, 2] = 2) -> Callable[[Context], "ImageNetHistory"]:
    """Each step is one more idea; a net is built, and counted, when its year comes.

    towers: towers of AlexNet; 2 as published; 1, as it is often drawn, is another net.
    """
    return lambda context: ImageNetHistory(towers)


class ImageNetHistory:
    """See contracts.algorithm.Walkthrough."""

    length = len(IDEAS)

    def __init__(self, towers: int):
        self.nets, self._counts = nets(towers), {}

    def count(self, name: str) -> Count:
        """Counts a net when it is first asked for."""
        if name not in self._counts:
            self._counts[name] = counted(self.nets[name])
        return self._counts[name]

    def at(self, step: int) -> Moment:
        """The newest idea, what it stands on, and what is counted by then."""
        ideas = IDEAS[: max(1, step)]
        known = [idea.name for idea in ideas if idea.name in self.nets]
        pictures = [Picture("ideas", tree(ideas)), Picture("top-5 error", errors(ideas))]
        if known:  # panes stand in the order in which they first come
            pictures += [Picture("nets", self._table(known)), Picture("years", years(ideas))]
        return Moment(self._measured(ideas, known), pictures)

    def _measured(self, ideas: tuple[Idea, ...], known: list[str]) -> dict[str, float]:
        found = {
            "nets": len(known),
            "as_published": sum(self.as_published(name) for name in known),
            "counted_twice": sum(self.count(name).operations == self.count(name).by_torch for name in known),
        }
        if known:
            newest = self.count(known[-1])
            found |= {"weights": newest.weights, "operations": newest.operations}
        if best := [idea.top5 for idea in ideas if idea.top5]:
            found["top5_error"] = min(best)
        return found

    def as_published(self, name: str) -> bool:
        """Whether a net has as many weights as its paper tells: to the last digit told, which some papers cut off."""
        net = self.nets[name]
        return abs(self.count(name).weights - net.published) <= net.unit

    def _table(self, known: list[str]) -> Table:
        rows = []
        for name in reversed(known):
            count = self.count(name)
            rows.append([name, count.layers, f"{count.weights / 1e6:.3g} M", f"{count.operations / 1e6:,.4g} M"])
        return Table(columns=["newest first", "layers", "weights", "multiply-adds"], rows=rows)


def leading_to(ideas: tuple[Idea, ...]) -> list[Idea]:
    """Returns the newest idea and what it stands on, two generations back, in the order of years."""
    wanted = {ideas[-1].name}
    for _ in range(GENERATIONS):
        wanted |= {name for idea in ideas if idea.name in wanted for name in idea.after}
    return [idea for idea in ideas if idea.name in wanted]


def tree(ideas: tuple[Idea, ...]) -> Graph:
    """The newest idea, lit, and those that lead to it."""
    shown = leading_to(ideas)
    place = {idea.name: number for number, idea in enumerate(shown)}
    links = [(name, idea.name) for idea in shown for name in idea.after if name in place]
    edges = [Edge(source=place[before], target=place[after]) for before, after in links]
    nodes = [Node(label=idea.name, lit=idea is ideas[-1]) for idea in shown]
    newest = ideas[-1]
    return Graph(nodes=nodes, edges=edges, title=f"{newest.year}, {newest.name}", caption=newest.what)


def years(ideas: tuple[Idea, ...]) -> Table:
    """The ideas so far, the newest first."""
    rows = [[idea.year, idea.name, ", ".join(idea.after), idea.what] for idea in reversed(ideas)]
    return Table(columns=["year", "idea", "after", "what"], rows=rows)


def errors(ideas: tuple[Idea, ...]) -> Bars:
    """The errors so far, and a person's as a hollow bar."""
    found = dict(_errors(ideas))
    labels, values = [*found, "person"], [*found.values(), PEOPLE]
    title = "top-5 error on ImageNet"
    return Bars(labels=labels, values=values, hollow=[len(found)], title=title)


def _errors(ideas: tuple[Idea, ...]) -> Iterator[tuple[str, float]]:
    for idea in ideas:
        if idea.top5:
            yield f"{idea.year} {idea.name}", idea.top5
