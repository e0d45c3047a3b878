"""Cadence of a run on the virtual pod, compared with the plan of the gait model."""

from itertools import pairwise

import numpy as np
import pytest

from retropod.demo import scenario as demo
from retropod.replay.replay import Setup, replay
from shared import scenario


@pytest.mark.parametrize("seed", [1, 3])
@pytest.mark.usefixtures("micropython")
def test_the_backward_run_of_the_demo_is_as_steady_as_its_model(seed):
    """Cadence has the mean of the truth within 2 %, and at most 1.5 times its standard deviation."""
    source, _ = demo.demo(seed)
    planned = [one for one in scenario("demo", 833.0, seed).strides if (one.label, one.gait) == ("backward", "run")]
    found = replay(source, Setup())
    at_s = [found.times(one)["toe_off_s"] for one in found.strides]
    run = [one for one, at in zip(found.strides, at_s, strict=True) if planned[0].t0_s < at < planned[-1].t1_s]
    shown = [one.cadence_spm for one in run if one.cadence_spm is not None]
    real = [120 / (after.toe_off_s - one.toe_off_s) for one, after in pairwise(planned)]
    assert len(shown) >= len(real) - 1
    assert np.mean(shown) == pytest.approx(np.mean(real), rel=0.02)
    assert np.std(shown) <= 1.5 * np.std(real)
