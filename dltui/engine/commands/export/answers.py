"""What a run makes of what its net gives, by kind of task: as Python, and the numbers that it needs."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from torch import Tensor

from dltui.engine.commands.export import module_source
from dltui.engine.commands.export.module_source import ModuleSource
from dltui.engine.contracts import kinds
from dltui.engine.tasks.flow_match import TIME
from dltui.engine.training.learner import Learner
from dltui.recipes import schema


class Answer(NamedTuple):
    """codes: definitions of `predict(net, inputs)`, or of `draw(net, count)` where `draws`; facts: what they find in
    CONFIG; wanted: definitions that they use. role: of the net that is asked."""

    codes: tuple[str, ...]
    facts: Mapping[str, object] = MappingProxyType({})
    wanted: tuple[tuple[ModuleSource, str], ...] = ()
    role: str = "model"
    draws: bool = False


PREDICT = '''
@torch.no_grad()
def predict(net: torch.nn.Module, rows: Tensor) -> Tensor:
    """{doc}"""
    return {expression}
'''
DRAW = '''
@torch.no_grad()
def draw(net: torch.nn.Module, count: int) -> Tensor:
    """Returns `count` {what}."""
    {body}
'''
FORECAST = '''
@torch.no_grad()
def predict(net: torch.nn.Module, histories: Tensor) -> Tensor:
    """Histories (N, T) -> what comes, (N, horizon, 3), in the same units: the quantiles of CONFIG["quantiles"]."""
    mean, deviation = of_history(histories)
    found = net((histories - mean) / deviation).float().view(len(histories), CONFIG["horizon"], 3).sort(2).values
    return found * deviation[..., None] + mean[..., None]
'''
WRITE = '''
@torch.no_grad()
def write(net: torch.nn.Module, start: Tensor, count: int, temperature: float = {temperature}) -> Tensor:
    """Symbols (N, T) -> the `count` symbols that the net lets follow (N, count), each drawn."""
    logits, state = net.read(start)
    written = []
    for _ in range(count):
        symbol = torch.multinomial((logits[:, -1].float() / temperature).softmax(1), 1)
        written.append(symbol)
        logits, state = net.read(symbol, state)
    return torch.cat(written, 1)
'''
DIFFUSION = """abar, shape = {schedule}(CONFIG["timesteps"]), CONFIG["row"]
    mean, deviation = CONFIG["rows_mean"], CONFIG["rows_deviation"]{labels}

    def clean(x_t: Tensor, t: int) -> Tensor:
        at = torch.full((len(x_t),), t)
        predicted = {predicted}
        return ({x_0}){limits}

    way = reverse_process(clean, torch.randn(count, *shape), abar, {options})
    *_, (_, x_0) = way
    return (x_0 * deviation + mean){clamp}"""
FLOW = """points = torch.randn(count, 2)
    for k in range({steps}):
        points = points + net(points, torch.full((count,), {time} * k / {steps})) / {steps}
    return points"""
X_0 = {
    "velocity": "abar[t].sqrt() * x_t - (1 - abar[t]).sqrt() * predicted",
    "noise": "(x_t - (1 - abar[t]).sqrt() * predicted) / abar[t].sqrt()",
    "picture": "predicted",
}


def answer_of(learner: Learner) -> Answer:
    """Returns what the run makes of what its net gives; of a task that is not known here, what the net gives."""
    known = TASKS.get(learner.recipe.task.kind) if schema.own_kind("task", learner.recipe.task.kind) else None
    if known:
        return known(learner)
    role = next(iter(learner.nets))
    return Answer((_predict("net(rows)", "Prepared rows -> what the net gives."),), role=role)


def _predict(expression: str, doc: str) -> str:
    return PREDICT.replace("{expression}", expression).replace("{doc}", doc)


def _draw(body: str, what: str) -> str:
    return DRAW.replace("{body}", body).replace("{what}", what)


def _simple(expression: str, doc: str) -> Callable[[Learner], Answer]:
    return lambda learner: Answer((_predict(expression, doc),))


def _classify(learner: Learner) -> Answer:
    part = learner.recipe.part("loss")
    kind, options = (part.kind, part.options) if part else ("cross_entropy", {})
    own = None if schema.own_kind("loss", kind) else schema.declared("loss").get(kind)
    source = module_source.of_file(own) if own else module_source.of_name(kinds.module("loss", kind).__name__)
    facts: dict[str, object] = {"loss": options}
    doc = 'Prepared rows -> probabilities of the classes, whose names are CONFIG["classes"] (N, classes).'
    if learner.task.multi_label:
        doc = 'Prepared rows -> of each class of CONFIG["classes"] its own probability (N, classes).'
    if learner.task.threshold is not None:
        facts["threshold"] = learner.task.threshold
    code = _predict('LOSS(**CONFIG["loss"]).probabilities(net(rows).float())', doc)
    return Answer((code,), facts, ((source, "build"),))


def _tag(learner: Learner) -> Answer:
    own = hasattr(learner.task.net, "tags")  # contracts.models.Tagger: they are chosen together
    doc = 'Prepared sentences -> a tag of CONFIG["classes"] for each word (N, L).'
    return Answer((_predict("net.tags(rows)" if own else "net(rows).argmax(2)", doc),))


def _regress(learner: Learner) -> Answer:
    shape, facts = (
        learner.task.mean.shape,
        _numbers(target_mean=learner.task.mean, target_deviation=learner.task.deviation),
    )
    view = f".view({', '.join(map(str, [-1, *shape]))})"
    scaled = '{} * torch.tensor(CONFIG["target_deviation"]) + torch.tensor(CONFIG["target_mean"])'
    doc = "Prepared rows -> the values that are predicted, in the units of the data."
    return Answer((_predict(scaled.format(f"net(rows).float(){view}"), doc),), facts)


def _forecast(learner: Learner) -> Answer:
    facts = {"horizon": learner.task.horizon, "quantiles": learner.task.q.tolist()}
    return Answer((FORECAST,), facts, (_of_task(learner, "of_history"),))


def _detect(learner: Learner) -> Answer:
    facts = {"min_score": learner.task.min_score, "nms_iou": learner.task.nms_iou}
    doc = 'Prepared pictures -> of each its boxes: corners in pixels, classes of CONFIG["classes"], scores.'
    code = _predict('net.detect(rows, CONFIG["min_score"], CONFIG["nms_iou"])', doc).replace("-> Tensor", "-> list")
    return Answer((code,), facts)


def _autoencode(learner: Learner) -> Answer:
    again = _predict("net.decode(net.embed(rows))", "Prepared pictures -> what their codes are decoded to, in 0..1.")
    if not learner.task.decodes_noise:
        return Answer((again,))
    return Answer((again, _draw("return net.decode(torch.randn(count, net.latent))", "new pictures in 0..1")))


def _restore(learner: Learner) -> Answer:
    doc = "Prepared pictures -> what they become (N, C, H, W), in 0..1."
    if learner.task.holes:
        return Answer((_predict("torch.where((rows == 0).all(1, keepdim=True), net(rows).sigmoid(), rows)", doc),))
    return Answer((_predict("net(rows).sigmoid()", doc),))


def _embed(learner: Learner) -> Answer:
    if learner.task.unit_length:
        doc = "Prepared pictures -> embeddings (N, d) of length 1."
        return Answer((_predict("torch.nn.functional.normalize(net(rows))", doc),))
    return Answer((_predict("net(rows)", "Prepared pictures -> embeddings (N, d)."),))


def _gan(learner: Learner) -> Answer:
    shape = list(learner.task.rows.train.stored.shape[1:])
    body = f"drawn = net(torch.randn(count, net.latent)).view(count, {', '.join(map(str, shape))})\n    return "
    body += "drawn" if learner.task.of_plane else "(drawn + 1) / 2  # the pixels of both nets are in -1..1"
    what = "points (count, 2)" if learner.task.of_plane else "pictures (count, C, H, W) in 0..1"
    return Answer((_draw(body, what),), role="average" if learner.task.average else "generator", draws=True)


def _diffuse(learner: Learner) -> Answer:
    task, given = learner.task, learner.recipe.task.options
    schedule = given.get("schedule", schema.find("task", "diffuse").options["schedule"].default)
    body = DIFFUSION.replace("{x_0}", X_0[task.prediction_type]).replace("{schedule}", schedule)
    options = ", ".join(f"{name}={value!r}" for name, value in task.reverse.keywords.items())
    limits = "" if task.of_plane else ".clamp(-mean / deviation, (1 - mean) / deviation)"
    labels, predicted = "", "net(x_t, at)"
    if task.conditional:
        labels, predicted = '\n    labels = torch.arange(count) % CONFIG["no_class"]', "net(x_t, at, labels)"
        if w := task.guidance:
            predicted = f'{1 + w} * {predicted} - {w} * net(x_t, at, torch.full_like(labels, CONFIG["no_class"]))'
    clamp = "" if task.of_plane else ".clamp(0, 1)"
    filled = {"options": options, "limits": limits, "labels": labels, "predicted": predicted, "clamp": clamp}
    for name, code in filled.items():
        body = body.replace(f"{{{name}}}", code)
    facts = {"timesteps": task.T, "row": list(task.shown_noise.shape[1:]), "no_class": task.no_class}
    facts |= _numbers(rows_mean=task.mean, rows_deviation=task.deviation)
    process = module_source.of_name("dltui.engine.layers.diffusion")
    what = "points (count, 2)" if task.of_plane else "pictures (count, C, H, W) in 0..1"
    wanted = ((process, "reverse_process"), (process, schedule))
    return Answer((_draw(body, f"{what}, led out of noise"),), facts, wanted, "average", True)


def _flow_match(learner: Learner) -> Answer:
    body = FLOW.replace("{steps}", str(learner.task.steps)).replace("{time}", str(TIME))
    return Answer((_draw(body, "points (count, 2), led out of noise"),), role="average", draws=True)


def _generate(learner: Learner) -> Answer:
    if hasattr(learner.task, "levels"):
        doc = "Prepared pictures -> probabilities of each pixel's shade, by those before it (N, shades, H, W)."
        return Answer((_predict("net(rows).softmax(1)", doc),))
    code = _predict("net(rows).softmax(2)", "Prepared texts -> probabilities of each next symbol (N, T, symbols).")
    return Answer((code, WRITE.replace("{temperature}", repr(learner.task.temperature))))


def _translate(learner: Learner) -> Answer:
    doc = 'Prepared sources -> sentences (N, T), numbers of words of CONFIG["vocabularies"][-1], PAD after END.'
    facts = {"written": learner.task.rows.test.targets.shape[1]}
    facts["vocabularies"] = [list(one) for one in learner.all_rows.vocabularies]
    wanted = (
        (module_source.of_name("dltui.engine.reading.sentences"), "ended"),
        (module_source.of_name("dltui.engine.contracts.models"), "Decoding"),
    )
    return Answer((_predict('ended(net.decode(rows, Decoding(CONFIG["written"])).symbols)', doc),), facts, wanted)


def _of_task(learner: Learner, name: str) -> tuple[ModuleSource, str]:
    return module_source.of_name(learner.task_module.__name__), name


def _numbers(**tensors: Tensor) -> dict[str, object]:
    return {name: tensor.tolist() for name, tensor in tensors.items()}


TASKS: dict[str, Callable[[Learner], Answer]] = {
    "classify": _classify,
    "regress": _regress,
    "forecast": _forecast,
    "segment": _simple(
        "net(rows).softmax(1)", "Prepared pictures -> probabilities of each pixel's class (N, 2, H, W)."
    ),
    "detect": _detect,
    "keypoints": _simple(
        "net(rows)", "Prepared pictures -> points (N, K, 2), x and y in shares of the picture's side."
    ),
    "restore": _restore,
    "autoencode": _autoencode,
    "gan": _gan,
    "diffuse": _diffuse,
    "flow_match": _flow_match,
    "metric_learning": _embed,
    "pretext": _simple("net.embed(rows)", "Prepared pictures -> embeddings (N, d)."),
    "adapt": _simple(
        "net(rows).float().softmax(1)",
        'Prepared pictures -> probabilities of the classes, whose names are CONFIG["classes"] (N, classes).',
    ),
    "tag": _tag,
    "translate": _translate,
    "generate_sequence": _generate,
    "skipgram": _simple("net.embed(rows)", "Numbers of words (N,) -> their vectors (N, d)."),
}
