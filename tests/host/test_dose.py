"""Weeks, ramp rate and progression of sessions made up here."""

from datetime import date, timedelta

import pytest

from host.strides import stride
from retropod.errors import UsageError
from retropod.insight.analysis import analyse
from retropod.insight.context import RunContext
from retropod.insight.dose import SessionDose, position, ramp, session, steps, weeks
from retropod.insight.value import Reason

MONDAY = date(2027, 1, 4)


def sessions(*minutes_of_weeks: list[float]) -> list[SessionDose]:
    """Sessions of these backward minutes, on the days of consecutive weeks."""
    return [SessionDose(MONDAY + timedelta(weeks=week, days=day), 60 * minutes, 30.0, 10 * minutes, int(90 * minutes))
            for week, held in enumerate(minutes_of_weeks) for day, minutes in enumerate(held)]  # fmt: skip


def test_the_dose_of_a_run():
    strides = [stride(n, "backward" if n < 10 else "forward") for n in range(25)]
    found = session(MONDAY, analyse(strides, [], RunContext(gyroscope=True)))
    assert found == (MONDAY, pytest.approx(7.0), pytest.approx(10.5), pytest.approx(14.0), 10)
    assert session(MONDAY, analyse([], [], RunContext())) == (MONDAY, 0.0, 0.0, 0.0, 0)


def test_weeks_begin_on_monday_and_leave_no_gap():
    found = weeks([*sessions([2.0, 3.0], [], [4.0]), SessionDose(MONDAY - timedelta(days=1), 60.0, 0.0, None, 90)])
    assert [(one.monday, one.sessions, one.backward_s, one.backward_m) for one in found] == [
        (MONDAY - timedelta(weeks=1), 1, 60.0, None),
        (MONDAY, 2, 300.0, 50.0),
        (MONDAY + timedelta(weeks=1), 0, 0.0, 0),
        (MONDAY + timedelta(weeks=2), 1, 240.0, 40.0),
    ]
    assert weeks([]) == []


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


@pytest.mark.parametrize("text", ["", "step = 3", "[[step]]\nname = 'x'", "[", "\udcff",
                                  "[[step]]\nname='x'\nadvice=''\nsessions=0\nweeks=1"])  # fmt: skip
def test_an_invalid_progression_is_named(tmp_path, text):
    path = tmp_path / "progression.toml"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(UsageError, match=r"progression\.toml is not a valid progression"):
        steps(path)
