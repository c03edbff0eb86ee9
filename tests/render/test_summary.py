"""What is left in the scrollback when a run has ended."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dltui import paths
from dltui.recipes.recipe import Recipe
from dltui.render import summary
from dltui.runs.history import History
from dltui.runs.run import Run
from tests.render import fake_run
from tests.render.conftest import LOOKS, plain, widths

MET = {"name": "accuracy", "want": ">= 0.975", "got": 0.981, "ok": True}
MISSED = {"name": "fid", "want": "<= 30", "got": "nan", "ok": False}


@pytest.fixture(autouse=True)
def ours(tmp_path, monkeypatch):
    """The runs of these tests are among the user's own."""
    monkeypatch.setattr(paths, "runs", lambda: tmp_path)


def told(fake: fake_run.FakeRun, width: int = 80, look: str = "true", **options) -> str:
    return "\n".join(plain(summary.render(fake.history(), fake.run, fake.recipe, width, LOOKS[look], **options)))


@pytest.mark.parametrize("look", ["true", "ascii"])
def test_a_run_that_is_done(tmp_path, look, golden):
    fake = fake_run.lenet(tmp_path)
    fake.finished(3000, expect=[MET, MISSED])
    lines = [line.rstrip().replace(str(tmp_path), "/runs") for line in told(fake, 200, look).split("\n")]
    golden(f"summary-{look}", lines)


def test_claims_are_met_or_not_met(tmp_path):
    fake = fake_run.lenet(tmp_path)
    fake.finished(3000, expect=[MET, MISSED])
    text = " ".join(told(fake).split())
    assert "✗ 1 of 2 claims met" in text
    assert "→ 0.981 ✓ >= 0.975" in text and text.count("0.981") == 1  # no value stands twice
    assert text.index("fid never measured ✗ <= 30") < text.index("✓ >= 0.975")
    assert "loss" in text and "→ 0.0786" in text


def test_at_80_columns_what_was_got_is_shown_however_long_the_claim(tmp_path):
    fake = fake_run.lenet(tmp_path)
    want = "<= 0.1 * a_reconstruction_error_with_a_long_name.first = 0.007342"
    fake.finished(3000, expect=[MET | {"want": want}])
    lines = [line.rstrip() for line in told(fake).split("\n")]
    [line] = [line for line in lines if "accuracy" in line]
    assert "0.981" in line and line.endswith("✓ <= 0.007342")
    assert any(line.endswith("→ 0.0786") for line in lines)  # longer than what is claimed


@pytest.mark.parametrize("height", [24, 40])
def test_the_last_pictures_stand_beneath_the_result_and_all_has_room(tmp_path, height):
    fake = fake_run.lenet(tmp_path)
    fake.finished(3000, expect=[MET, MISSED])
    lines = told(fake, height=height).split("\n")
    assert len(lines) < height
    result, pictures = (next(n for n, line in enumerate(lines) if word in line) for word in ("claims met", "confusion"))
    assert result < pictures < next(n for n, line in enumerate(lines) if "test_loss" in line)
    assert "confusion" not in told(fake)


def test_a_failure_tells_why_and_what_to_do(tmp_path):
    fake = fake_run.lenet(tmp_path)
    fake.log.write("checkpoint", step=1500, file="a.safetensors", sha256="0")
    fake.finished(1800, "failed", error="The disk is full.", hint="Free some space.")
    text = told(fake)
    assert "FAILED" in text and "The disk is full." in text and "Free some space." in text
    assert f"dltui run --resume {fake.run.id}" in text


@pytest.mark.parametrize(("status", "goes_on"), [("stopped", True), ("done", False), ("diverged", False)])
def test_only_a_run_that_can_go_on_is_offered_to(tmp_path, status, goes_on):
    fake = fake_run.lenet(tmp_path)
    fake.log.write("checkpoint", step=1500, file="a.safetensors", sha256="0")
    fake.finished(1800, status)
    assert ("--resume" in told(fake)) == goes_on
    assert f"dltui replay {fake.run.id}" in told(fake)


def test_the_run_before_it_is_offered_for_comparison(tmp_path):
    fake = fake_run.lenet(tmp_path)
    fake.finished(1800)
    assert "dltui compare" not in told(fake)
    for name in ("lenet-mnist-20261119-000000-aaaa", "lenet-mnist-20261120-000000-bbbb", "lenet-20261120-000000-cccc"):
        (tmp_path / name).mkdir()
    assert f"dltui compare lenet-mnist-20261120-000000-bbbb {fake.run.id}" in told(fake, 120)
    lines = told(fake, 80).split("\n")  # to be copied, so nothing is cut
    first = next(index for index, line in enumerate(lines) if "dltui compare" in line)
    assert lines[first].rstrip().endswith("lenet-mnist-20261120-000000-bbbb \\")
    assert lines[first + 1].strip() == fake.run.id


def test_an_engine_that_is_gone_is_lost(tmp_path):
    fake = fake_run.lenet(tmp_path)
    assert "LOST" in told(fake, lost=True)


def test_a_log_that_holds_nothing_is_no_reason_to_fail(tmp_path):
    run, recipe = Run(tmp_path / "x-20261120-191500-ab12"), Recipe("x", "", None, fake_run.LENET)
    lines = summary.render(History(), run, recipe, 80, LOOKS["true"], lost=True)
    assert "0 of 0 steps" in plain(lines)[1]


@given(st.integers(1, 150), st.integers(0, 60), st.sampled_from(sorted(LOOKS)))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
def test_every_line_is_as_wide_as_the_terminal(tmp_path_factory, width, height, look):
    fake = fake_run.moons(tmp_path_factory.mktemp("runs"))
    fake.finished(1800, "failed", error="損失" * 40, expect=[MET])
    lines = summary.render(fake.history(), fake.run, fake.recipe, width, LOOKS[look], height=height)
    assert widths(lines) == {width}


def test_of_a_run_in_another_folder_the_folder_is_named_and_it_does_not_go_on(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "runs", lambda: tmp_path / "runs")
    fake = fake_run.lenet(tmp_path)
    fake.log.write("checkpoint", step=1500, file="a.safetensors", sha256="0")
    fake.finished(1800, "stopped")
    text = " ".join(told(fake, 200).replace("\\", "").split())
    assert f"dltui replay {fake.run.path}" in text and "--resume" not in text
