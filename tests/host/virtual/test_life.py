"""Boots of a virtual pod: power, resets, soft resets, crashes, and the state that survives each."""

import time

from host.virtual.helpers import FIRMWARE, plugged
from retropod.virtual.pod import VirtualPod

POWER_ON, HARD_RESET, SOFT_RESET = 1, 2, 5


def test_power_on_runs_boot_and_main(make_pod):
    pod = make_pod()
    with plugged(pod.url) as cable:
        status = cable.ask("s")
    assert (status["cause"], status["boots"], status["errors"]) == (POWER_ON, 1, 0)


def test_flash_survives_a_power_cut_and_the_chip_does_not(make_pod):
    pod = make_pod()
    with plugged(pod.url) as cable:
        cable.ask("s")
        cable.port.write(b"c")
        assert cable.ask("g")["register"] == 0x2A
        pod.kill()
        pod.power_on()
        status = cable.ask("s")
        assert (status["cause"], status["boots"]) == (POWER_ON, 2)
        assert cable.ask("g")["register"] == 0


def test_flash_survives_the_object(make_pod, tmp_path):
    with VirtualPod(tmp_path / "pod", firmware=FIRMWARE) as first, plugged(first.url) as cable:
        assert cable.ask("s")["boots"] == 1
    with plugged(make_pod().url) as cable:
        assert cable.ask("s")["boots"] == 2


def test_reset_button_keeps_the_chip_powered(make_pod):
    pod = make_pod()
    with plugged(pod.url) as cable:
        cable.ask("s")
        cable.port.write(b"c")
        assert cable.ask("g")["register"] == 0x2A
        pod.reset()
        cable.until(b"SW_CPU_RESET")
        status = cable.ask("s")
        assert (status["cause"], status["boots"]) == (HARD_RESET, 2)
        assert cable.ask("g")["register"] == 0x2A


def test_machine_reset_restarts_the_processor(make_pod):
    pod = make_pod()
    with plugged(pod.url) as cable:
        cable.ask("s")
        cable.port.write(b"r")
        cable.until(b"SW_CPU_RESET")
        assert cable.ask("s")["cause"] == HARD_RESET


def test_reset_button_helps_a_hung_app(make_pod, tmp_path):
    hung = tmp_path / "hung"
    hung.mkdir()
    (hung / "main.py").write_text("import sys\nsys.stdout.buffer.write(b'hung')\nwhile True: pass\n")
    pod = make_pod(firmware=hung)
    with plugged(pod.url) as cable:
        cable.until(b"hung")
        pod.reset()
        cable.until(b"hung")


def test_an_interrupted_app_leaves_the_repl_and_a_soft_reset_starts_it_again(make_pod):
    pod = make_pod()
    with plugged(pod.url) as cable:
        cable.ask("s")
        cable.port.write(b"\r\x03")
        cable.until(b">>> ")
        cable.port.write(b"print(6*7)\r")
        cable.until(b"42\n")
        cable.port.write(b"\x04")
        cable.until(b"MPY: soft reboot\r\n")
        status = cable.knock()
    assert (status["cause"], status["boots"]) == (SOFT_RESET, 2)


def test_byte_3_is_data_to_the_app_and_an_interrupt_to_the_repl(make_pod):
    pod = make_pod()
    with plugged(pod.url) as cable:
        cable.port.write(b"s\x03s")
        cable.until(b"}\n")
        cable.until(b"}\n")
        cable.port.write(b"\r\x03")
        cable.until(b">>> ")
        cable.port.write(b"while True: pass\r\r")
        time.sleep(0.1)
        cable.port.write(b"\x03")
        cable.until(b"KeyboardInterrupt")
        cable.until(b">>> ")


def test_interrupts_in_quick_succession_never_restart_the_pod(make_pod):
    pod = make_pod()
    with plugged(pod.url) as cable:
        cable.ask("s")
        cable.port.write(b"\r\x03")
        cable.until(b">>> ")
        for turn in range(20):
            cable.port.write(b"while True: pass\r\r")
            cable.until(b"... \r\n")
            time.sleep(0.02)
            for _ in range(5):
                cable.port.write(b"\x03")
                time.sleep(0.0005 * turn)
            seen = cable.until(b"KeyboardInterrupt") + cable.quiet(0.05)
            cable.port.write(b"print('tu'+'rn', %d)\r" % turn)
            seen += cable.until(b"turn %d\n" % turn)
            assert b"soft reboot" not in seen
            cable.until(b">>> ")


def test_a_fault_in_main_ends_in_the_repl(make_pod, tmp_path):
    faulty = tmp_path / "faulty"
    faulty.mkdir()
    (faulty / "main.py").write_text("import nothing_of_that_name\n")
    pod = make_pod(firmware=faulty)
    with plugged(pod.url) as cable:
        seen = cable.until(b">>> ")
    assert b"ImportError" in seen


def test_what_is_sent_during_a_soft_reset_from_the_raw_repl_waits_for_it(make_pod):
    pod = make_pod()
    with plugged(pod.url) as cable:
        cable.ask("s")
        cable.port.write(b"\r\x03")
        cable.until(b">>> ")
        cable.port.write(b"\x01")
        cable.until(b"raw REPL; CTRL-B to exit\r\n>")
        cable.port.write(b"\x04")
        cable.until(b"soft reboot\r\n")
        cable.port.write(b"print(6*7)\x04")
        assert cable.until(b"42\n\x04\x04>") == b"raw REPL; CTRL-B to exit\r\n>OK42\n\x04\x04>"


def test_clock_restarts_with_power_and_continues_over_a_soft_reset(make_pod):
    pod = make_pod()
    with plugged(pod.url) as cable:
        time.sleep(0.5)
        before = cable.ask("s")["ms"]
        cable.port.write(b"\r\x03")
        cable.until(b">>> ")
        cable.port.write(b"\x04")
        cable.until(b"soft reboot")
        assert cable.knock()["ms"] > before
        pod.kill()
        pod.power_on()
        assert cable.ask("s")["ms"] < before


def test_untethered_pod_runs_on(make_pod):
    pod = make_pod()
    with plugged(pod.url) as cable:
        first = cable.ask("s")
        cable.port.write(b"f")
    time.sleep(0.5)
    with plugged(pod.url) as cable:
        second = cable.ask("s")
    assert second["ms"] - first["ms"] >= 100  # 500 unless the machine is busy
    assert second["words"] > first["words"]


def test_what_an_untethered_pod_wrote_is_lost_and_not_kept(make_pod):
    pod = make_pod()
    with plugged(pod.url) as cable:
        cable.ask("s")
        cable.port.write(b"z")
    time.sleep(1.5)
    with plugged(pod.url) as cable:
        assert b"slept" not in cable.quiet(0.2)


def test_a_host_that_does_not_read_blocks_the_pod_only_for_a_while(make_pod):
    pod = make_pod()
    with plugged(pod.url) as cable:
        before = cable.ask("s")
        cable.port.write(b"f")
        time.sleep(1.0)
        cable.quiet(0.3)
        after = cable.ask("s")
    assert after["words"] > before["words"]
    assert pod.dropped()[0] > 0


def test_socket_link(make_pod):
    pod = make_pod(link="socket")
    for _ in range(2):  # one client after the other
        with plugged(pod.url) as cable:
            assert cable.ask("s")["errors"] == 0


def test_leaving_main_resets_softly_and_the_watchdog_resets_hard(make_pod, tmp_path):
    main = """
import sys, machine
sys.stdout.write("cause %d\\n" % machine.reset_cause())
if machine.reset_cause() == machine.PWRON_RESET:
    raise SystemExit
machine.WDT(timeout=200)
while machine.reset_cause() != machine.WDT_RESET:
    pass
"""
    (tmp_path / "main").mkdir()
    (tmp_path / "main" / "main.py").write_text(main)
    pod = make_pod(firmware=tmp_path / "main", hold=False)
    with plugged(pod.url) as cable:
        pod.kill()
        pod.power_on()
        cable.until(b"cause 1\n")
        cable.until(b"soft reboot")
        cable.until(b"cause 5\n")
        cable.until(b"TG0WDT_SYS_RESET")
        cable.until(b"cause 3\n")
