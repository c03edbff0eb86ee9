"""A run that waits in the queue is made of the files of kinds as they were when it was put there."""

from hashlib import sha256

import pytest

from dltui.cli import model_start
from dltui.jobs import launch, queue, queue_worker
from dltui.recipes import recipe as recipes
from dltui.recipes import schema
from dltui.runs.run import Run


@pytest.fixture
def started(tmp_path, monkeypatch) -> list[Run]:
    """Runs whose engines were to be started; none is. my_net.py and my-net.toml lie in tmp_path."""
    found: list[Run] = []
    monkeypatch.setenv("DLTUI_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(schema, "_declared", {})
    monkeypatch.setattr(queue, "ensure_worker", lambda: 1)
    monkeypatch.setattr(launch, "launched", lambda run, owned=False: found.append(run))
    for name, text in model_start.files("my_net").items():
        (tmp_path / name).write_text(text)
    return found


@pytest.mark.parametrize("change", ["edited", "deleted", "broken"])
def test_it_is_made_of_what_the_file_held(started, tmp_path, change):
    path = tmp_path / "my_net.py"
    path.write_bytes(path.read_bytes() + b"\n# Gr\xc3\xb6\xc3\x9fe \xff\n")  # bytes that are no UTF-8 too
    before = path.read_bytes()
    queue.add(recipes.load(str(tmp_path / "my-net.toml")), argv=["queue", "add", "my-net.toml"])
    path.unlink() if change == "deleted" else path.write_text({"edited": "X = 1\n", "broken": "def build(:"}[change])
    queue_worker._started(queue.entries()[0])
    [run] = started
    assert (run.path / "kinds" / "my_net.py").read_bytes() == before
    assert run.info()["kinds"] == [{"file": str(path), "sha256": sha256(before).hexdigest()}]
    assert recipes.read_table(run.recipe_file)["kinds"] == ["kinds/my_net.py"]


def test_two_that_were_added_before_and_after_a_change_are_two_versions(started, tmp_path):
    path, recipe = tmp_path / "my_net.py", str(tmp_path / "my-net.toml")
    texts = [path.read_bytes(), path.read_bytes() + b"\n# another\n"]
    for text in texts:
        path.write_bytes(text)
        queue.add(recipes.load(recipe))
    for entry in queue.entries():
        queue_worker._started(entry)
    assert [(run.path / "kinds" / "my_net.py").read_bytes() for run in started] == texts
