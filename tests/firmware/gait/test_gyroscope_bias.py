"""The bias of the gyroscope is the mean rate of a rest."""

from checked.runtime import gait
from retropod import sources


def test_a_rest_that_ends_with_a_candidate_gives_the_mean_rate():
    """The candidate of the last sample comes first. The rest then has one sample more."""
    with gait(sources.firmware_dir(), True) as load:
        mode = load("pod.gait.sixaxis").SixAxis(104000, 976, 70000, None)
        kernel, state, zero = load("pod.gait._kernel"), mode._st, 1 << 29
        count = state[kernel.REST_NEED] + 1
        state[kernel.REST_N] = count
        for axis in range(3):
            state[kernel.REST_SUM + axis] = zero + 100 * count
        mode._rest()
        assert list(state[kernel.BIAS : kernel.BIAS + 3]) == [zero + 100] * 3
