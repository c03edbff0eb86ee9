"""Every family of models goes elsewhere: plain torch and onnxruntime answer as the run's own nets do."""

import json
import subprocess
import sys

import pytest
import torch
from safetensors.torch import load_file, save_file

from dltui.engine.commands.export import __main__ as exports
from dltui.engine.commands.export.distance import tensors_of
from dltui.engine.commands.export.entries import entries_of, unwrapped
from dltui.engine.commands.saved_run import open_learners
from dltui.engine.contracts.dataset import as_floats
from dltui.engine.reading.sentences import ended as ended_sentences
from dltui.recipes import recipe as recipes
from dltui.recipes import schema

FEW = {"data.train_rows": 200, "data.test_rows": 60}
SCENES = {"data.train_rows": 40, "data.test_rows": 10}
FAMILIES = {
    "action-recognition": FEW,
    "attention-translate": FEW,
    "autoencoder-mnist": FEW,
    "batchnorm": {},
    "centernet": SCENES,
    "cgan": {},
    "char-gpt": FEW,
    "char-rnn": FEW,
    "dcgan": FEW,
    "ddpm": {"task.sampling_steps": 4, "model.widths": [8, 16], **FEW},
    "ddpm-2d": {"model.hidden": [8], "task.sampling_steps": 4},
    "ddpm-conditional": {"model.widths": [8], "probe.guidance.samples": 50, "task.guidance": 1.0},
    "denoising": {},
    "densenet": FEW,
    "document-cleanup": FEW,
    "detect-sliding": SCENES,
    "dilated-context": {"model.dilations": [1, 2], **FEW},
    "domain-mmd": {"data.rows": 200},
    "extremenet": SCENES,
    "faster-rcnn": SCENES,
    "fcn": FEW,
    "few-shot": {"data.people": 20},
    "flow-matching-2d": {"model.hidden": [8]},
    "forecasting": {},
    "fpn": {"model.kind": "fpn", **FEW},
    "gan-2d": {},
    "gan-mnist": FEW,
    "inception": FEW,
    "keypoints": {"data.people": 100},
    "lenet-mnist": FEW,
    "linear-regression": {},
    "localization": SCENES,
    "logistic-regression": {},
    "mask-rcnn": SCENES,
    "mobilenet": FEW,
    "mood": {},
    "multi-task": {"data.people": 100},
    "ner": {"model.kind": "lstm_crf", **FEW},
    "next-frame": FEW,
    "nin": FEW,
    "ocr": FEW,
    "perceptron-xor": {},
    "pixelcnn": FEW,
    "pixelrnn": FEW,
    "plain-vs-resnet": FEW,
    "pos-tagging": {"model.both_ways": True, **FEW},
    "promptable-segmentation": FEW,
    "pruning-magnitude": {"callback.start_step": 1, "callback.finetune_steps": 1, **FEW},
    "pruning-resnet": {"callback.start_step": 1, "callback.finetune_steps": 1},
    "pspnet": FEW,
    "rotation": FEW,
    "segment-sliding": FEW,
    "segment-upsample": {"model.rounds": 2, **FEW},
    "sentiment": FEW,
    "seq2seq": FEW,
    "skipgram": {},
    "sparse-autoencoder": {},
    "spoken-digits": {},
    "ssd": SCENES,
    "transformer-translate": FEW,
    "unet-cells": {"data.rows": 20},
    "unet-fpn": {"model.kind": "unet_fpn", **FEW},
    "vae-mnist": FEW,
    "vgg": FEW,
    "video-captions": FEW,
    "vit": FEW,
    "yolo": SCENES,
    "yolov3": SCENES,
}
# one of each kind of model, the newest exporter being slow
ONNX = (
    "action-recognition", "attention-translate", "autoencoder-mnist", "batchnorm", "centernet", "cgan",
    "char-gpt", "char-rnn", "dcgan", "ddpm", "ddpm-2d", "denoising", "densenet", "detect-sliding", "dilated-context",
    "document-cleanup",
    "domain-mmd", "extremenet", "faster-rcnn", "fcn", "fpn", "gan-2d", "inception", "keypoints", "lenet-mnist",
    "localization", "mask-rcnn", "mobilenet", "mood", "multi-task", "ner", "next-frame", "nin", "ocr",
    "pixelcnn", "pixelrnn", "plain-vs-resnet", "pos-tagging", "promptable-segmentation", "pruning-resnet", "pspnet",
    "rotation", "segment-sliding", "segment-upsample",
    "sentiment", "seq2seq", "skipgram", "sparse-autoencoder", "spoken-digits", "ssd", "transformer-translate",
    "unet-cells", "unet-fpn", "vae-mnist", "vgg",
    "video-captions", "vit", "yolo", "yolov3",
)  # fmt: skip
ROWS = 4
# what stands in the place of dltui is None: importing it fails, as where it is not installed
STRANGER = """
import contextlib, importlib.util, io, json, pathlib, runpy, sys, traceback
sys.modules["dltui"] = None
import torch
from safetensors.torch import load_file, save_file
torch.set_num_threads(1)

def tensors(answer):
    if isinstance(answer, torch.Tensor):
        return [answer]
    return [one for part in answer for one in tensors(part)]

def answered(number, asked):
    folder = pathlib.Path(asked["folder"])
    given = load_file(asked["given"])
    spec = importlib.util.spec_from_file_location(f"net_{number}", folder / "net.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found = {}
    with torch.no_grad():
        for role, entry, method, inputs in asked["entries"]:
            net = module.load(role) if asked["several"] else module.load()
            answer = (getattr(net, method) if method else net)(*[given[name] for name in inputs])
            found |= {f"{entry}/{place}": t.contiguous() for place, t in enumerate(tensors(answer))}
    if "rows" in given:
        rows = module.prepare(given["rows"]) if asked["prepare"] else given["rows"]
        answer = module.predict(module.load(), rows)
        found |= {f"predict/{place}": t.contiguous() for place, t in enumerate(tensors(answer))}
    else:
        net = module.load()
        torch.manual_seed(1)
        found["draw"] = module.draw(net, 2)
    with contextlib.redirect_stdout(io.StringIO()) as said:
        runpy.run_path(str(folder / "net.py"), run_name="__main__")
    save_file(found, asked["answers"])
    return said.getvalue()

for number, line in enumerate(sys.stdin):
    try:
        told = {"said": answered(number, json.loads(line))}
    except Exception:
        told = {"fault": traceback.format_exc()}
    print(json.dumps(told), flush=True)
"""


@pytest.fixture(scope="module")
def stranger(tmp_path_factory):
    """stranger(asked) -> what a Python says that has torch and no dltui; its nets' answers are in a file."""
    process = subprocess.Popen(
        [sys.executable, "-I", "-c", STRANGER],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        cwd=tmp_path_factory.mktemp("elsewhere"),
    )  # fmt: skip

    def ask(asked: dict) -> str:
        process.stdin.write(json.dumps(asked) + "\n")
        process.stdin.flush()
        line = process.stdout.readline()
        assert line, process.stderr.read()
        told = json.loads(line)
        assert "fault" not in told, told["fault"]
        return told["said"]

    yield ask
    with process:
        process.stdin.close()


@pytest.mark.parametrize("names", [FAMILIES, ONNX])
def test_the_table_has_every_family(names):
    loaded = [recipes.load(name) for name in names]
    every = [one for recipe in loaded for one in (recipe, *recipe.variants.values())]
    used = {section.kind for recipe in every for section in recipe.models.values()}
    assert used == set(schema.own_kinds("model"))


def asked_of(learner) -> tuple[torch.Tensor, torch.Tensor] | None:
    """Rows of the data in its own units, and the run's own answer to them: (rows, tensors)."""
    task, kind, data = learner.task, learner.recipe.task.kind, learner.all_rows.data
    rows = data.test.inputs[:ROWS]
    if kind in ("gan", "diffuse", "flow_match"):
        return None
    inputs = as_floats(rows)
    if data.scale is not None:
        rows = inputs.double() * data.scale.deviation + data.scale.mean
    with learner.evaluation_mode():
        return rows, {
            "classify": lambda: task.probabilities(inputs),
            "regress": lambda: task.predictions(inputs),
            "segment": lambda: task.net(inputs).softmax(1),
            "detect": lambda: tuple(part for boxes in task.predictions(inputs, task.min_score) for part in boxes),
            "keypoints": lambda: task.net(inputs),
            "restore": lambda: task.restore(inputs),
            "autoencode": lambda: task.reconstruct(inputs),
            "metric_learning": lambda: task.embed(inputs),
            "pretext": lambda: task.net.embed(inputs),
            "adapt": lambda: task.net.head(task.embed(inputs)).softmax(1),
            "tag": lambda: task.predictions(rows),
            "translate": lambda: ended_sentences(task.decode(inputs if rows.dim() == 4 else rows).symbols),
            "skipgram": lambda: task.net.embed(rows),
            "transcribe": lambda: task.net(inputs),
            "generate_sequence": lambda: task.net(
                task._pictures(task.test_x[:ROWS]) if rows.dim() == 4 else rows
            ).softmax(1 if rows.dim() == 4 else 2),
            "forecast": lambda: (
                task.quantiles(task.test_x[:ROWS]) * task.deviation[:ROWS, :, None] + task.mean[:ROWS, :, None]
            ),
        }[kind]()


def wanted_of(learner, folder) -> tuple[dict, dict[str, torch.Tensor]]:
    """What the stranger is asked, and what the run's own nets answer."""
    given, wanted, listed = {}, {}, []
    entries = entries_of(learner)
    with learner.evaluation_mode():
        for role in entries:
            for entry in entries[role]:
                name = f"{role}.{entry.method}"
                names = [f"{name}.{place}" for place in range(len(entry.inputs))]
                given |= dict(zip(names, (x.contiguous() for x in entry.inputs), strict=True))
                listed.append((role, name, entry.method, names))
                answer = tensors_of(entry.of(unwrapped(learner.nets[role]))(*entry.inputs))
                wanted |= {f"{name}/{place}": t for place, t in enumerate(answer)}
    if asked := asked_of(learner):
        given["rows"] = asked[0].contiguous()
        wanted |= {f"predict/{place}": t for place, t in enumerate(tensors_of(asked[1]))}
    else:
        with learner.evaluation_mode():
            torch.manual_seed(1)
            wanted["draw"] = learner.task.sample(2)
    save_file(given, folder / "given.safetensors")
    of_words = bool(learner.all_rows.data.vocabularies) and not learner.all_rows.data.test.inputs.is_floating_point()
    return {
        "entries": listed,
        "several": len(entries) > 1,
        "prepare": not (of_words and given["rows"].dim() == 2),
    }, wanted


@pytest.mark.timeout(240)
@pytest.mark.parametrize("name", FAMILIES)
def test_net_py_answers_as_the_run_does_where_there_is_no_dltui(trained, stranger, tmp_path, name):
    run = trained(name, alone=True, **{"train.steps": 4, **FAMILIES[name]})
    exports.export(run, "torch", tmp_path / "out", "")
    assert "import dltui" not in (tmp_path / "out" / "net.py").read_text()
    [learner] = open_learners(run, "", pytest.fail)
    asked, wanted = wanted_of(learner, tmp_path)
    files = {"folder": "out", "given": "given.safetensors", "answers": "answers.safetensors"}
    said = stranger({**asked, **{what: str(tmp_path / path) for what, path in files.items()}})
    found = load_file(tmp_path / "answers.safetensors")
    assert found.keys() == wanted.keys() and "tensor" in said
    for key, answer in found.items():
        torch.testing.assert_close(answer, wanted[key], rtol=1e-6, atol=1e-6, equal_nan=True)


def other_rows(x: torch.Tensor) -> torch.Tensor:
    """Three rows, made of those of an example; of words, the first has half as many and PAD behind."""
    x = torch.cat([x.flip(0), x[:1]])
    if x.dim() == 2 and not x.is_floating_point():
        x[0, x.shape[1] // 2 :] = 0
    return x


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", ONNX)
def test_onnxruntime_answers_as_torch_does(trained, tmp_path, name):
    import onnxruntime

    run = trained(name, alone=True, **{"train.steps": 4, **FAMILIES[name]})
    exports.export(run, "onnx", tmp_path, "")
    [learner] = open_learners(run, "", pytest.fail)
    for role, entries in entries_of(learner).items():
        net = unwrapped(learner.nets[role]).eval()
        for entry in entries:
            file = tmp_path / f"{'-'.join(filter(None, [role, entry.method]))}.onnx"
            session = onnxruntime.InferenceSession(str(file))
            inputs = [other_rows(x) for x in entry.inputs]
            found = session.run(
                None, {one.name: x.numpy() for one, x in zip(session.get_inputs(), inputs, strict=True)}
            )
            with torch.no_grad():
                wanted = tensors_of(entry.of(net)(*inputs))
            for a, b in zip(found, wanted, strict=True):
                torch.testing.assert_close(
                    torch.from_numpy(a), b, rtol=1e-4, atol=1e-4 * max(1e-3, b.abs().max().item())
                )
