"""One line of progress for logs and pipes."""

from dltui.render.plain import progress_line
from dltui.runs.history import History
from tests.render import fake_run


def test_a_run_on_its_way(tmp_path):
    line = progress_line(fake_run.lenet(tmp_path).history())
    assert line.startswith("step 1800/3000  loss 0.0")
    assert line.endswith("  test_loss 0.0855  accuracy 0.981  300 steps/s  4 s left")


def test_variants_are_named_and_side_curves_are_left_out(tmp_path):
    fake = fake_run.moons(tmp_path)
    fake.scalars(1801, 1810, "line", grad_norm=lambda steps: steps * 0.0)
    line = progress_line(fake.history())
    assert "line.loss " in line and "hidden.accuracy 0.990" in line and "grad_norm" not in line


def test_before_the_start_the_newest_note_is_told_on_one_line():
    history = History()
    assert progress_line(history) == "starting"
    history.take([{"kind": "note", "t": 1.0, "level": "progress", "text": "fetching\n\x1b[2Jmnist"}])
    assert progress_line(history) == "fetching mnist"


def test_paused_and_finished_have_no_time_left(tmp_path):
    fake = fake_run.lenet(tmp_path)
    fake.log.write("control", op="pause", step=1800)
    assert progress_line(fake.history()).endswith("accuracy 0.981  paused")
    fake.finished(1800, "stopped")
    assert progress_line(fake.history()).endswith("accuracy 0.981  stopped after 7 s")
