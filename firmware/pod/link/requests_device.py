"""Requests about the device: hello, status, settings, mount, faults, checks, line rate, restart."""

from pod import VERSION
from pod.link import jobs, status
from pod.link.refused import Refused
from pod.ondemand import load
from pod.storage.names import CHIPS, SIDES
from retrowire import codec, schema

_BUSY = codec.value("error", "busy")
_FAILED = codec.value("error", "failed")
_MALFORMED = codec.value("error", "malformed")
_OUT_OF_RANGE = codec.value("error", "out_of_range")


def _hello(session, parts, values: list) -> None:
    clock = parts.clock
    clock.update()
    capabilities = codec.flag("capabilities", "raw") | codec.flag("capabilities", "recorder")
    if parts.sampler.sensor and parts.sampler.sensor.gyr_lsb_udps:
        capabilities |= codec.flag("capabilities", "gyroscope")
    if parts.supervisor.power.battery_mv:
        capabilities |= codec.flag("capabilities", "battery")
    session.greeted = True
    session.minor = min(values[2], schema.PROTOCOL_MINOR)
    session.reply(
        schema.HELLO,
        [
            values[0],
            schema.PROTOCOL_MAJOR,
            schema.PROTOCOL_MINOR,
            parts.fingerprint,
            VERSION[0],
            VERSION[1],
            VERSION[2],
            CHIPS[parts.sampler.chip],
            capabilities,
            parts.board.device_id(),
            parts.settings.get("name").encode(),
            SIDES[parts.settings.get("side")],
            clock.uptime_s,
            clock.uptime_ms,
            clock.boot,
            clock.state,
        ],
    )


def _status(session, parts, values: list) -> None:
    session.reply(schema.STATUS, status.values(values[0], parts, session.link))


def _setting_get(session, parts, values: list) -> None:
    request, text = values
    settings = parts.settings
    if text == b"pins":  # not a setting, but the result of several
        lines = [[request, line.encode()] for line in parts.board.pin_texts(settings)]
        session.begin(jobs.Rows(session, request, schema.SETTING, lines))
        return
    _list_settings(session, parts, request, [_decoded(text)] if text else settings.names())


def _setting_set(session, parts, values: list) -> None:
    request, text = values
    _list_settings(session, parts, request, [parts.settings.set_text(_decoded(text))])


def _list_settings(session, parts, request: int, names: list) -> None:
    lines = [[request, parts.settings.text(name).encode()] for name in names]
    session.begin(jobs.Rows(session, request, schema.SETTING, lines))


def _mount_do(session, parts, values: list) -> None:
    request, action, matrix = values
    mount = parts.mount
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
    mount.step()  # stored before it is answered
    session.reply(schema.MOUNT, [request] + mount.values())


def _fault_get(session, parts, values: list) -> None:
    request = values[0]
    found = [[request, boot, s, code, text.encode()] for boot, s, code, text in parts.faults.rows()]
    session.begin(jobs.Rows(session, request, schema.FAULT, found))


def _check(session, parts, values: list) -> None:
    session.begin(jobs.Checks(session, values[0], parts))


def _line_set(session, parts, values: list) -> None:
    request, rate = values
    link = session.link
    own = parts.board.line_rate(parts.settings)
    if rate == own:
        if link.watch:
            link.watch.leave()
    elif link.watch or own == 0:
        raise Refused(_BUSY if link.watch else _FAILED, "", own)
    else:
        fastline = load("pod.hal.fastline")
        try:
            link.watch = fastline.FastLine(link, fastline.Uart(*parts.board.uart()), own, rate)
        except fastline.Refusal as why:
            raise Refused(_FAILED, str(why), own)
    session.done(request, rate)


def _restart(session, parts, values: list) -> None:
    if parts.recorder.run:
        parts.recorder.stop()
    session.restart = True
    session.done(values[0], 0)


def _decoded(text: bytes) -> str:
    try:
        return text.decode()
    except UnicodeError:
        raise Refused(_MALFORMED, "text is not UTF-8")


HANDLERS = {
    schema.HELLO_GET: _hello,
    schema.STATUS_GET: _status,
    schema.SETTING_GET: _setting_get,
    schema.SETTING_SET: _setting_set,
    schema.MOUNT_DO: _mount_do,
    schema.FAULT_GET: _fault_get,
    schema.RESTART: _restart,
    schema.CHECK_GET: _check,
    schema.LINE_SET: _line_set,
}
