"""Requests about the device: hello, status, settings, mount, faults, self-test, line rate, restart."""

from pod import VERSION, Refused
from pod.link import answers
from pod.ondemand import load
from pod.storage.messages import CHIPS, SIDES
from retrowire import codec, schema

_FINGERPRINT = codec.fingerprint()
_BUSY = codec.value("error", "busy")
_FAILED = codec.value("error", "failed")
_MALFORMED = codec.value("error", "malformed")
_MOST_H = 0xFFFE
_NONE_H = codec.none("H")
_NONE_I = codec.none("I")
_NONE_h = codec.none("h")
_OUT_OF_RANGE = codec.value("error", "out_of_range")


class DeviceRequests:
    """Handles these requests. All handlers of everyday requests stay loaded: loading a module takes tens of ms."""

    def __init__(
        self, answers, streams, board, settings, clock, samples, pipeline, connection, mount, recorder, runs, faults,
        trial, supervisor,
    ):  # fmt: skip
        self._answers = answers
        self._streams = streams
        self._board = board
        self._settings = settings
        self._clock = clock
        self._samples = samples
        self._pipeline = pipeline
        self._connection = connection
        self._mount = mount
        self._recorder = recorder
        self._runs = runs
        self._faults = faults
        self._trial = trial
        self._supervisor = supervisor

    def hello(self, values: list) -> None:
        """Greet: versions, capabilities, identity, clock."""
        clock = self._clock
        clock.update()
        sensor = self._samples.sensor
        capabilities = codec.flag("capabilities", "raw") | codec.flag("capabilities", "recorder")
        if sensor and sensor.gyr_lsb_udps:
            capabilities |= codec.flag("capabilities", "gyroscope")
        if self._supervisor.power.battery_mv:
            capabilities |= codec.flag("capabilities", "battery")
        self._streams.greeted = True
        self._streams.minor = min(values[2], schema.PROTOCOL_MINOR)
        self._answers.reply(
            schema.HELLO,
            [
                values[0],
                schema.PROTOCOL_MAJOR,
                schema.PROTOCOL_MINOR,
                _FINGERPRINT,
                VERSION[0],
                VERSION[1],
                VERSION[2],
                CHIPS[self._samples.chip],
                capabilities,
                self._board.device_id(),
                self._settings.get("name").encode(),
                SIDES[self._settings.get("side")],
                clock.uptime_s,
                clock.uptime_ms,
                clock.boot,
                clock.state,
            ],
        )

    def status(self, values: list) -> None:
        """Send the status."""
        self._answers.reply(schema.STATUS, self._status_values(values[0]))

    def _status_values(self, request: int) -> list:
        link, clock, samples, recorder = self._answers.link, self._clock, self._samples, self._recorder
        clock.update()
        epoch_s, epoch_ms = clock.epoch()
        free, total = recorder.storage()
        mv, percent = self._supervisor.battery()
        return [
            request,
            self._supervisor.state(),
            self._mount.state,
            clock.state,
            clock.uptime_s,
            clock.uptime_ms,
            _NONE_I if epoch_s is None else epoch_s,
            _NONE_H if epoch_s is None else epoch_ms,
            mv,
            percent,
            free // 1024,
            total // 1024,
            min(_MOST_H, recorder.minutes_left()),
            recorder.run,
            self._runs.count,
            recorder.durable,
            samples.strides,
            samples.taken,
            samples.lost,
            min(_MOST_H, samples.overruns),
            min(_MOST_H, samples.all_errors()),
            samples.clock.rate_mhz if samples.clock else _NONE_I,
            min(_MOST_H, link.dropped),
            min(_MOST_H, link.damaged),
            min(_MOST_H, codec.clamped[0]),
            len(self._faults.rows()),
            self._board.heap_free() // 1024,
            _NONE_h if samples.temperature_cc is None else samples.temperature_cc,
            recorder.started_by if recorder.run else 0,
        ]

    def get_setting(self, values: list) -> None:
        """Send one setting, all settings, `undone`, or `pins`: the pins that result from the settings."""
        request, text = values
        if text == b"pins":
            self._send_settings(request, load("pod.hal.startup").pin_texts(self._settings))
        else:
            texts = [self._settings.text(_decoded(text))] if text else self._settings.texts()
            self._send_settings(request, texts)

    def set_setting(self, values: list) -> None:
        """Change a setting and send it. One of the hardware applies at the next boot, on trial."""
        request, text = values
        self._send_settings(request, [self._settings.text(self._settings.set_text(_decoded(text)))])

    def _send_settings(self, request: int, texts: list) -> None:
        self._send_rows(request, schema.SETTING, [[request, text.encode()] for text in texts])

    def _send_rows(self, request: int, message: int, rows: list) -> None:
        self._answers.begin(answers.Rows(self._answers, request, message, rows))

    def do_mount(self, values: list) -> None:
        """Change or check the mount, and send its state."""
        request, action, matrix = values
        mount = self._mount
        if action == codec.value("mount_action", "learn"):
            mount.learn()
        elif action == codec.value("mount_action", "given"):
            mount.give(matrix)
        elif action == codec.value("mount_action", "forget"):
            mount.forget()
        elif action == codec.value("mount_action", "cancel"):
            mount.cancel()
        elif action != codec.value("mount_action", "query"):
            raise Refused(_OUT_OF_RANGE, "", action)
        mount.step()  # Write the mount before the answer.
        self._answers.reply(schema.MOUNT, [request] + mount.values())

    def get_faults(self, values: list) -> None:
        """Send the last faults."""
        request = values[0]
        rows = [[request, boot, s, code, text.encode()] for boot, s, code, text in self._faults.rows()]
        self._send_rows(request, schema.FAULT, rows)

    def check(self, values: list) -> None:
        """Begin the self-test."""
        self._answers.begin(answers.Checks(self._answers, values[0], [self._rest, self._state, self._sensor]))

    def _sensor(self):
        check = load("pod.link.check")
        return check.rows(self._status_values, self._board, self._clock, self._samples, self._faults)

    def _state(self):
        check = load("pod.link.check_state")
        return check.rows(self._board, self._settings, self._clock, self._faults, self._mount, self._trial)

    def _rest(self):
        check = load("pod.link.check_rest")
        return check.rows(self._clock, self._samples, self._pipeline, self._connection, self._recorder)

    def set_line(self, values: list) -> None:
        """Change the rate of the line for a while, or change it back."""
        request, rate = values
        link = self._answers.link
        own = self._board.line_rate(self._settings)
        if rate == own:
            if link.watch:
                link.watch.leave()
        elif link.watch or own == 0:
            raise Refused(_BUSY if link.watch else _FAILED, "", own)
        else:
            fastline = load("pod.hal.fastline")
            try:
                link.watch = fastline.start(link, own, rate)
            except fastline.Refusal as refusal:
                raise Refused(_FAILED, str(refusal), own)
        self._answers.done(request, rate)

    def restart(self, values: list) -> None:
        """End the run, and restart the pod after the answer."""
        if self._recorder.run:
            self._recorder.stop()
        self._answers.restart = True
        self._answers.done(values[0], 0)

    handlers = {
        schema.HELLO_GET: hello,
        schema.STATUS_GET: status,
        schema.SETTING_GET: get_setting,
        schema.SETTING_SET: set_setting,
        schema.MOUNT_DO: do_mount,
        schema.FAULT_GET: get_faults,
        schema.RESTART: restart,
        schema.CHECK_GET: check,
        schema.LINE_SET: set_line,
    }


def _decoded(text: bytes) -> str:
    try:
        return text.decode()
    except UnicodeError:
        raise Refused(_MALFORMED, "text is not UTF-8")
