"""Weeks, ramp rate and progression of sessions made up here."""

from datetime import date, timedelta

import pytest

from retropod.errors import UsageError
from retropod.insight.dose import SessionDose, WayDose, position, progress, ramp, steps, weeks
from retropod.insight.value import Reason

MONDAY = date(2027, 1, 4)


def sessions(*minutes_of_weeks: list[float]) -> list[SessionDose]:
    """Sessions of these backward minutes, on the days of consecutive weeks."""
    return [a_session(timedelta(weeks=week, days=day), minutes, 10 * minutes)
            for week, held in enumerate(minutes_of_weeks) for day, minutes in enumerate(held)]  # fmt: skip


def a_session(after: timedelta, minutes: float, metres: float | None) -> SessionDose:
    """A session so long after the first Monday, with these backward minutes and metres, and half a minute forward."""
    ways = {"backward": WayDose(1, 60 * minutes, metres, int(90 * minutes)), "forward": WayDose(1, 30.0, 60.0, 40)}
    return SessionDose(MONDAY + after, ways)


def test_weeks_begin_on_monday_and_leave_no_gap():
    found = weeks([*sessions([2.0, 3.0], [], [4.0]), a_session(-timedelta(days=1), 1.0, None)])
    assert [(one.monday, one.sessions, one.backward) for one in found] == [
        (MONDAY - timedelta(weeks=1), 1, (1, 60.0, None, 90)),
        (MONDAY, 2, (2, 300.0, 50.0, 450)),
        (MONDAY + timedelta(weeks=1), 0, (0, 0.0, 0.0, 0)),
        (MONDAY + timedelta(weeks=2), 1, (1, 240.0, 40.0, 360)),
    ]
    assert found[1].ways["forward"] == (2, 60.0, 120.0, 80) and found[1].ways["lateral"] == (0, 0.0, 0.0, 0)
    assert weeks([]) == []


def test_a_direction_without_strides_is_in_no_session():
    (week,) = weeks([a_session(timedelta(), 0.0, None), a_session(timedelta(), 2.0, 20.0)])
    assert week.sessions == 2 and week.backward == (1, 120.0, 20.0, 180)


def test_the_progress_rests_on_all_weeks_and_shows_the_last_ones():
    two = [2.0, 2.0]
    found = progress(sessions(two, two, two), steps(), 1)
    assert [one.monday for one in found.weeks] == [MONDAY + timedelta(weeks=2)]
    assert found.step.name == "track with lines" and found.ramp.value == pytest.approx(1.0)
    assert len(progress(sessions(two, two, two), steps()).weeks) == 3


def test_the_ramp_rate_compares_with_four_weeks():
    found = ramp(weeks(sessions([90.0], [2.0], [2.0], [], [4.0], [3.0])))
    assert found.value == pytest.approx(3.0 / 2.0) and found.n == 4
    assert ramp(weeks(sessions([3.0]))).reason is Reason.TOO_FEW_WEEKS
    assert ramp([]).reason is Reason.TOO_FEW_WEEKS


def test_the_progression_advances_with_weeks_of_enough_sessions():
    progression = steps()
    assert [one.name for one in progression] == ["grass", "track with lines", "intervals and hills"]
    two = [2.0, 2.0]
    names = [position(weeks(sessions(*([two] * number))), progression).name for number in range(7)]
    assert names == ["grass", "grass", *["track with lines"] * 2, *["intervals and hills"] * 3]
    assert position(weeks(sessions(two, [2.0], [2.0])), progression).name == "grass"


@pytest.mark.parametrize("text", ["", "step = 3", "step = []", "step = " + "[" * 9999, "[[step]]\nname = 'x'",
                                  "[", "\udcff", "[[step]]\nname='x'\nadvice=''\nsessions=inf\nweeks=1",
                                  "[[step]]\nname='x'\nadvice=''\nsessions=0\nweeks=1"])  # fmt: skip
def test_an_invalid_progression_is_named(tmp_path, text):
    path = tmp_path / "progression.toml"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(UsageError, match=r"progression\.toml is not a valid progression"):
        steps(path)


@pytest.mark.parametrize(
    ("text", "cause"), [("stages = 3", "it has no step"), ("[[step]]\nname = 'x'", "a step has no 'advice'")]
)
def test_the_missing_part_of_a_progression_is_named(tmp_path, text, cause):
    path = tmp_path / "progression.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(UsageError, match=cause):
        steps(path)
