import numpy as np
import pytest

from tools import gait_figures
from tools.gait_figures import GROUPS, aligned, modelled, of_group, traces

NOTHING = np.empty((0, 2))
GROUP = {group.scenario: group for group in GROUPS}


@pytest.fixture(scope="module")
def recordings(dev_recordings):
    return gait_figures.recorded(dev_recordings, prefix="uci")


def test_traces_of_a_stride_start_and_end_in_stance(model):
    recording = model("walk")
    rows = traces(recording, recording.strides[3])
    assert rows.shape == (8, 300)
    assert rows[6, [0, -1]] == pytest.approx(1.0, abs=0.15)
    assert rows[7, 0] == pytest.approx(rows[7, -1], abs=4.0)


def test_aligning_moves_the_extremes_of_pitch_to_one_place():
    for name, first, second in (("run", np.argmin, np.argmax), ("backward-walk", np.argmax, np.argmin)):
        strides = aligned(modelled(GROUP[name], NOTHING, wearers=3), GROUP[name])
        assert np.std([first(s[7]) for s in strides]) < 6
        assert abs(np.median([first(s[7]) for s in strides]) - 105) < 6
        assert abs(np.median([second(s[7]) for s in strides]) - 195) < 12


@pytest.mark.parametrize(("name", "least"), [("walk", 0.9), ("backward-walk", 0.85), ("jog", 0.8), ("run", 0.75)])
def test_the_model_moves_as_recorded_feet_do(recordings, name, least):
    """Median strides: pitch and its rate in step with the recordings, force along the toe axis too."""
    real, facts = of_group(recordings, GROUP[name])
    medians = [np.median(aligned(s, GROUP[name]), axis=0) for s in (real, modelled(GROUP[name], facts, wearers=4))]
    likeness = {row: np.corrcoef(medians[0][row], medians[1][row])[0, 1] for row in (0, 4, 7)}
    assert likeness[7] > 0.94
    assert likeness[4] > least
    assert likeness[0] > 0.3


@pytest.mark.parametrize("name", ["walk", "backward-walk", "jog", "run", "side-left", "side-right"])
def test_the_model_lands_as_hard_as_recorded_feet_do(recordings, name):
    real, facts = of_group(recordings, GROUP[name])
    peaks = [np.median(s[:, 6].max(axis=1)) for s in (real, modelled(GROUP[name], facts, wearers=4))]
    assert 0.65 < peaks[1] / peaks[0] < 1.5


def test_the_picture_is_drawn_without_recordings(tmp_path, monkeypatch, capsys):
    pytest.importorskip("matplotlib")
    monkeypatch.delenv("RETROPOD_DATA", raising=False)
    monkeypatch.setattr(gait_figures, "GROUPS", (GROUP["backward-run"],))
    assert gait_figures.main([str(tmp_path / "out.png")]) == 0
    assert (tmp_path / "out.png").read_bytes().startswith(b"\x89PNG")
    assert "model" in capsys.readouterr().out
    assert gait_figures.main([]) == 2
