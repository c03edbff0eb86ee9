"""What is taken for what: the confusion matrix equals scikit-learn's, the worst mistake is the surest one."""

import sklearn.metrics
import torch

from dltui.engine.contracts.dataset import Dataset, Split
from dltui.engine.probes.predictions import build
from dltui.engine.tasks import classify
from tests.engine.conftest import context


def shown(data, net):
    task = classify.build()(context(data, {"model": net}))
    with torch.no_grad():
        return {picture.pane: picture.payload for picture in build()(task).pictures()}


def test_the_confusion_matrix_has_the_truth_in_its_rows():
    generator = torch.Generator().manual_seed(0)
    rows = Split(torch.randn(50, 3, generator=generator), torch.randint(0, 2, (50,), generator=generator))
    net = torch.nn.Linear(3, 2)
    payload = shown(Dataset(rows, rows, ("a", "b"), "builtin", "", {}), net)["confusion"]
    want = sklearn.metrics.confusion_matrix(rows.targets, net(rows.inputs).argmax(1))
    assert payload["values"].tolist() == want.tolist()


def test_the_worst_mistake_is_the_surest():
    pictures = torch.rand(40, 1, 12, 12, generator=torch.Generator().manual_seed(0))
    targets = torch.zeros(40, dtype=torch.int64)

    class Brightness(torch.nn.Module):
        def forward(self, rows):
            bright = rows.mean((1, 2, 3)) * 100 - 49
            return torch.stack([-bright, bright], 1)

    data = Dataset(Split(pictures, targets), Split(pictures, targets), ("dark", "bright"), "builtin", "", {})
    payload = shown(data, Brightness())["mistakes"]
    brightest = pictures[pictures.mean((1, 2, 3)).argmax(), 0]
    first = torch.as_tensor(payload["pixels"][:12, :12].copy()).float() / 255
    assert torch.allclose(first, brightest, atol=0.01)
    assert payload["captions"][0] == "dark as bright"


def test_points_of_a_plane_have_a_field(data):
    assert list(shown(data, torch.nn.Linear(2, 2))) == ["field"]
