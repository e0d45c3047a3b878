"""Strides of several pods leave in the order of time, and no pod delays another for long."""

import pytest

from retropod.live.interleave import HELD_S, Interleaver

CYCLE_S = 0.7


class Clocked:
    """Two pods whose strides arrive at chosen times."""

    def __init__(self, pods=2):
        self.now_s = 0.0
        self.order = Interleaver(pods, lambda: self.now_s)

    def stride(self, pod, end_s, cycle_s=CYCLE_S):
        self.order.put(pod, end_s, end_s, cycle_s)

    @property
    def taken(self):
        found = []
        while (one := self.order.take()) is not None:
            found.append(one[1])
        return found


@pytest.fixture
def pods():
    """Both pods have delivered the strides that end at 0.7 (first pod) and 1.05 s."""
    both = Clocked()
    both.stride(0, 0.7)
    both.stride(1, 1.05)
    assert both.taken == [0.7, 1.05]
    return both


def test_strides_in_step_leave_at_once(pods):
    for at in range(2, 20):
        pods.stride(0, 0.7 * at)
        assert pods.taken == [0.7 * at]
        pods.stride(1, 0.7 * at + 0.35)
        assert pods.taken == [0.7 * at + 0.35]


def test_a_stride_waits_for_an_earlier_one_of_the_other_pod(pods):
    pods.stride(0, 1.4)
    assert pods.taken == [1.4]
    pods.stride(0, 2.1)  # The stride that ends at 1.75 has not arrived.
    assert pods.taken == []
    pods.now_s += 0.3
    pods.stride(1, 1.75)
    assert pods.taken == [1.75, 2.1]


def test_a_silent_pod_delays_one_stride_only(pods):
    pods.stride(0, 1.4)
    assert pods.taken == [1.4]
    pods.stride(0, 2.1)
    pods.now_s += HELD_S - 0.01
    assert pods.taken == []
    pods.now_s += 0.02
    assert pods.taken == [2.1]
    for at in range(4, 10):
        pods.stride(0, 0.7 * at)
        assert pods.taken == [0.7 * at]


def test_a_pod_that_left_delays_nothing(pods):
    pods.order.leave(1)
    pods.stride(0, 2.1)
    assert pods.taken == [2.1]


def test_items_without_a_time_keep_the_order_of_their_pod(pods):
    pods.stride(0, 1.4)
    assert pods.taken == [1.4]
    pods.stride(0, 2.1)
    pods.order.put(0, "lap")
    pods.order.put(1, "gap")
    assert pods.taken == ["gap"], "the lap follows its stride"
    pods.stride(1, 1.75)
    assert pods.taken == [1.75, 2.1, "lap"]


def test_a_foot_that_stood_is_not_awaited():
    pods = Clocked()
    pods.stride(1, 1.05, cycle_s=None)
    assert pods.taken == [1.05]
    pods.stride(0, 9.1)
    assert pods.taken == [9.1]


def test_three_pods():
    pods = Clocked(3)
    for pod in range(3):
        pods.stride(pod, 1.0 + 0.1 * pod)
    assert pods.taken == [1.0, 1.1, 1.2]
    pods.stride(2, 1.9)
    pods.stride(0, 1.7)
    assert pods.taken == [1.7]
    pods.stride(1, 1.8)
    assert pods.taken == [1.8, 1.9]
