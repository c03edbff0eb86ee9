"""Nets that no folder of dltui has: what can be made again is, and what cannot is refused with its reason."""

import json
import runpy

import pytest
import torch

from dltui.engine.commands.export import __main__ as exports
from dltui.engine.tasks import skipgram
from dltui.errors import DltuiError, ExitStatus

NET = """\"\"\"A net that looks at its numbers to decide which way it goes.\"\"\"

from torch import nn

SECTION = "model"


def build(*, inputs: int = 2, outputs: int = 2) -> nn.Module:
    \"\"\"Mine.

    inputs: values of a row.
    outputs: classes.
    \"\"\"
    return Undecided(inputs, outputs)


class Undecided(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.layer = nn.Linear(inputs, outputs)

    def forward(self, rows):
        return self.layer(-rows if BODY else rows)
"""


def test_a_net_that_onnx_cannot_hold_is_refused_with_torchs_reason_and_goes_to_torch(own_run, tmp_path):
    run = own_run(NET.replace("BODY", "float(rows.sum()) > 0"))
    with pytest.raises(DltuiError, match='torch cannot write its net "model" as ONNX: ') as fault:
        exports.export(run, "onnx", tmp_path / "onnx", "")
    assert fault.value.status == ExitStatus.USAGE and f"{run.id} --to torch" in fault.value.hint
    assert "step 1/3" not in fault.value.message and not (tmp_path / "onnx").exists()
    exports.export(run, "torch", tmp_path / "torch", "")
    net = runpy.run_path(str(tmp_path / "torch" / "net.py"))
    rows = net["prepare"](torch.rand(3, 30))
    assert net["predict"](net["load"](), rows).sum(1).allclose(torch.ones(3))


def test_a_net_whose_source_cannot_be_one_file_is_refused_with_the_line(own_run, tmp_path):
    source = NET.replace("BODY", "False").replace(
        "        super().__init__()", "        from dltui.engine.layers.dense import dense\n        super().__init__()"
    )
    with pytest.raises(DltuiError, match=r"my_own_net\.py:\d+: .*within a definition") as fault:
        exports.export(own_run(source), "torch", tmp_path / "new", "")
    assert fault.value.status == ExitStatus.USAGE and "--to safetensors" in fault.value.hint
    assert not (tmp_path / "new").exists()


def test_a_file_that_answers_otherwise_than_the_run_is_not_written(own_run, tmp_path, monkeypatch):
    """Guards the comparison: what a net is made of may be more than its options and its weights."""
    source = NET.replace("BODY", "hasattr(nn, 'turned_by_somebody')")
    run = own_run(source)
    written = exports.import_module("dltui.engine.commands.export.torch_files").net_script.script

    def spoiled(*given):
        found = written(*given)
        return found._replace(text=found.text.replace("if hasattr(nn, 'turned_by_somebody')", "if True"))

    monkeypatch.setattr("dltui.engine.commands.export.net_script.script", spoiled)
    with pytest.raises(DltuiError, match="answers otherwise than that of") as fault:
        exports.export(run, "torch", tmp_path / "new", "")
    assert fault.value.status == ExitStatus.USAGE and not (tmp_path / "new").exists()


def test_a_net_that_a_task_made_of_who_knows_what_is_refused(trained, tmp_path, monkeypatch):
    run = trained("skipgram", alone=True)
    exports.export(run, "torch", tmp_path / "known", "")
    config = json.loads((tmp_path / "known" / "config.json").read_text())
    assert config["nets"]["model"]["options"].keys() == {"words", "d"} and len(config["vocabularies"]) == 1
    made = skipgram.WordVectors.__init__

    def silent(net, *given):
        made(net, *given)
        del net.arguments

    monkeypatch.setattr(skipgram.WordVectors, "__init__", silent)
    with pytest.raises(DltuiError, match='made the net "model" itself, a WordVectors') as fault:
        exports.export(run, "torch", tmp_path / "new", "")
    assert fault.value.status == ExitStatus.USAGE and not (tmp_path / "new").exists()
