"""What a host can ask: one handler per request, with the values as the schema orders them."""

from pod import VERSION
from pod.jobs import Rows, RunData, RunDigest, RunList
from pod.rare import rarely
from retrowire import codec, schema

_LEASE_MOST_MS = 600_000
_WHAT_RAW = codec.flag("what", "raw")
_START = codec.value("record_action", "start")
_STOP = codec.value("record_action", "stop")
_LAP = codec.value("record_action", "lap")
_AXIS_CENTIBYTES = 105  # of a compressed sample with its share of heads: people in motion make 81
_NOT_KNOWN_H = codec.none("H")
_NOT_KNOWN_I = codec.none("I")


def _capabilities() -> int:
    names = ("raw", "recorder")
    return sum([codec.flag("capabilities", name) for name in names])


class Refused(Exception):
    """A request that is answered by an error; `code` is a name of the schema's enum."""

    def __init__(self, code: str, text: str = "", detail: int = 0):
        super().__init__(text)
        self.code = code
        self.detail = detail


class Requests:
    """`table`: message -> handler, which answers through the session or raises what that turns into a refusal."""

    def __init__(self, session, parts):
        self._session = session
        self._parts = parts
        self.table = {
            schema.HELLO_GET: self._hello,
            schema.STATUS_GET: self._status,
            schema.RUN_LIST: self._run_list,
            schema.RUN_READ: self._run_read,
            schema.DIGEST_GET: self._digest,
            schema.STREAM: self._stream,
            schema.RECORD: self._record,
            schema.TIME_SET: self._time_set,
            schema.RUN_ERASE: self._run_erase,
            schema.SETTING_GET: self._setting_get,
            schema.SETTING_SET: self._setting_set,
            schema.MOUNT_DO: self._mount_do,
            schema.FAULT_GET: self._fault_get,
            schema.RESTART: self._restart,
            schema.CHECK_GET: self._check,
            schema.LINE_SET: self._line_set,
        }

    def _hello(self, values: list) -> None:
        parts = self._parts
        clock = parts.clock
        clock.update()
        capabilities = _capabilities()
        if parts.sampler.sensor and parts.sampler.sensor.gyr_lsb_udps:
            capabilities |= codec.flag("capabilities", "gyroscope")
        if parts.life.power.battery_mv:
            capabilities |= codec.flag("capabilities", "battery")
        self._session.greeted = True
        self._session.minor = min(values[2], schema.PROTOCOL_MINOR)
        self._session.reply(
            schema.HELLO,
            [
                values[0],
                schema.PROTOCOL_MAJOR,
                schema.PROTOCOL_MINOR,
                parts.fingerprint,
                VERSION[0],
                VERSION[1],
                VERSION[2],
                codec.value("chip", parts.sampler.chip),
                capabilities,
                parts.board.device_id(),
                parts.settings.get("name").encode(),
                codec.value("side", parts.settings.get("side")),
                clock.uptime_s,
                clock.uptime_ms,
                clock.boot,
                clock.state,
            ],
        )

    def _status(self, values: list) -> None:
        from pod import status

        self._session.reply(schema.STATUS, status.values(values[0], self._parts, self._session.link))

    def _run_list(self, values: list) -> None:
        self._session.begin(RunList(self._session, values[0], self._parts.runs, self._parts.recorder))

    def _run_read(self, values: list) -> None:
        request, run, offset, length = values
        size = self._size(run)
        if offset > size:
            raise Refused("out_of_range", "", size)
        end = min(size, offset + length)
        self._session.begin(RunData(self._session, request, self._parts.runs.open(run), offset, end), True)

    def _digest(self, values: list) -> None:
        request, run = values
        self._closed_size(run)
        self._session.begin(RunDigest(request, run, self._parts.runs.open(run), self._send_digest), True)

    def _send_digest(self, job: RunDigest) -> None:
        self._session.reply(schema.DIGEST, [job.request, job.run, job.size, job.digest])

    def _run_erase(self, values: list) -> None:
        request, run, force, sha256 = values
        self._closed_size(run)
        if force:
            self._erase(run)
            self._session.done(request, run)
            return

        def erase_if_same(job: RunDigest) -> None:
            if job.digest == sha256:
                self._erase(run)
                self._session.done(request, run)
            else:
                self._session.refuse(request, "not_verified", "", 0)

        self._session.begin(RunDigest(request, run, self._parts.runs.open(run), erase_if_same), True)

    def _erase(self, run: int) -> None:
        self._parts.runs.remove(run)
        self._parts.recorder.made_room()

    def _size(self, run: int) -> int:
        try:
            return self._parts.runs.size(run)
        except OSError:
            raise Refused("no_such_run", "", run)

    def _closed_size(self, run: int) -> int:
        size = self._size(run)
        if run == self._parts.recorder.run:
            raise Refused("run_open", "", run)
        return size

    def _stream(self, values: list) -> None:
        request, what, lease_ms = values
        if what & _WHAT_RAW and lease_ms:
            self._check_load()
        self._need_raw(what if lease_ms else 0)
        self._session.lease(what, min(lease_ms, _LEASE_MOST_MS))
        self._session.done(request, 0)

    def _check_load(self) -> None:
        """Refuse raw samples that would take more than four fifths of the line."""
        parts = self._parts
        line = parts.board.line_rate(parts.settings)
        sensor = parts.sampler.sensor
        if not sensor:
            return
        needed = parts.sampler.clock.rate_mhz // 1000 * sensor.axes * _AXIS_CENTIBYTES // 100
        if line and needed * 10 > line * 8 // 10:
            raise Refused("line_too_slow", "raw takes %d bytes/s, the line carries %d" % (needed, line // 10), needed)

    def _need_raw(self, what: int) -> None:
        if what & _WHAT_RAW and not self._parts.sampler.packs_raw():
            raise Refused("busy", "memory")

    def _record(self, values: list) -> None:
        request, action, what = values
        recorder = self._parts.recorder
        if action == _START:
            self._need_raw(what)
            run = recorder.start(what)
        elif action == _STOP:
            if recorder.wants_raw():
                self._parts.sampler.flush_raw()
            run = recorder.stop()
        elif action == _LAP:
            run = recorder.lap()
        else:
            raise Refused("out_of_range", "", action)
        self._session.done(request, run)

    def _time_set(self, values: list) -> None:
        request, s, ms, error_ms = values[:4]
        at_s, at_ms = values[4:] or (_NOT_KNOWN_I, _NOT_KNOWN_H)
        parts = self._parts
        clock = parts.clock
        clock.update()
        told = error_ms != _NOT_KNOWN_H  # else only the round trip is wanted
        if told and at_s == _NOT_KNOWN_I:
            clock.set_epoch(s, ms, error_ms)
        elif told and (at_s, at_ms) <= (clock.uptime_s, clock.uptime_ms):
            clock.set_epoch_at(s, ms, error_ms, at_s, at_ms)
        elif told:
            raise Refused("out_of_range")  # it has started anew since then
        rate_mhz = parts.sampler.clock.rate_mhz if parts.sampler.clock else _NOT_KNOWN_I
        answer = [request, s, ms, clock.uptime_s, clock.uptime_ms, parts.sampler.index, rate_mhz]
        answer += [clock.boot, clock.slept_s]
        if clock.before_error_ms < 0:
            answer += [_NOT_KNOWN_I, _NOT_KNOWN_H, _NOT_KNOWN_I]
        else:
            answer += [clock.before_s, clock.before_ms, clock.before_error_ms]
        self._session.reply(schema.TIME, answer)
        if told:
            parts.carry.note()
            parts.recorder.note_time()

    def _setting_get(self, values: list) -> None:
        request, text = values
        settings = self._parts.settings
        if text == b"pins":  # no setting, but what follows from them
            rows = [[request, line.encode()] for line in self._parts.board.pin_texts(settings)]
            self._session.begin(Rows(self._session, request, schema.SETTING, rows))
            return
        self._list_settings(request, [_decoded(text)] if text else settings.names())

    def _setting_set(self, values: list) -> None:
        request, text = values
        self._list_settings(request, [self._parts.settings.set_text(_decoded(text))])

    def _list_settings(self, request: int, names: list) -> None:
        rows = [[request, self._parts.settings.text(name).encode()] for name in names]
        self._session.begin(Rows(self._session, request, schema.SETTING, rows))

    def _mount_do(self, values: list) -> None:
        request, action, matrix = values
        mount = self._parts.mount
        name = codec.name("mount_action", action)
        if name == "learn":
            mount.learn()
        elif name == "given":
            mount.give(matrix)
        elif name == "forget":
            mount.forget()
        elif name == "cancel":
            mount.cancel()
        elif name != "query":
            raise Refused("out_of_range", "", action)
        self._session.reply(schema.MOUNT, [request] + mount.values())

    def _fault_get(self, values: list) -> None:
        request = values[0]
        rows = [[request, boot, s, code, text.encode()] for boot, s, code, text in self._parts.faults.rows()]
        self._session.begin(Rows(self._session, request, schema.FAULT, rows))

    def _check(self, values: list) -> None:
        self._session.begin(rarely("check").Checks(self._session, values[0], self._parts))

    def _line_set(self, values: list) -> None:
        request, rate = values
        link = self._session.link
        own = self._parts.board.line_rate(self._parts.settings)
        if rate == own:
            if link.watch:
                link.watch.leave()
        elif link.watch or own == 0:
            raise Refused("busy" if link.watch else "failed", "", own)
        else:
            fastline = rarely("fastline")
            try:
                link.watch = fastline.FastLine(link, fastline.Uart(*self._parts.board.uart()), own, rate)
            except fastline.Refusal as why:
                raise Refused("failed", str(why), own)
        self._session.done(request, rate)

    def _restart(self, values: list) -> None:
        if self._parts.recorder.run:
            self._parts.recorder.stop()
        self._session.restart = True
        self._session.done(values[0], 0)


def _decoded(text: bytes) -> str:
    try:
        return text.decode()
    except UnicodeError:
        raise Refused("malformed", "text is no UTF-8")
