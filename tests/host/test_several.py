"""Selection of several pods: by name, id, foot or port, each of them exactly once."""

import pytest

from host.tinypod import TinyPod
from retropod.client import several
from retropod.client.pod import Pod
from retropod.errors import NoPod, PortBusy, RetropodError, UsageError
from retropod.transport.ports import PortInfo
from retrowire import codec, schema


class Named(TinyPod):
    """A pod with a name, an id and a side."""

    def __init__(self, name, number, side):
        super().__init__(side=codec.value("side", side))
        self.name, self.device_id, self.closed = name, bytes([number] * 8), 0

    def close(self):
        self.closed += 1
        super().close()

    def _hello(self, request, *_):
        self.send(schema.HELLO, request=request, device_id=self.device_id, name=self.name.encode(), boot_count=1,
                  **self.hello)  # fmt: skip


BUSY = PortBusy("/dev/busy is in use by another program", "close it")


@pytest.fixture
def ports(monkeypatch):
    """Ports with a pod or an error each; `open` names the pods that are still connected."""
    found = {
        "/dev/a": Named("blue", 1, "right"),
        "/dev/b": Named("red", 2, "left"),
        "/dev/c": Named("red", 3, "unknown"),
        "/dev/busy": BUSY,
        "/dev/silent": NoPod("no answer from /dev/silent"),
    }

    def opened(asked, baud):
        wanted = [found.get(port.device, NoPod(f"there is no port {port.device}")) for port in asked]
        return [Pod(one) if isinstance(one, TinyPod) else one for one in wanted]

    monkeypatch.setattr(several, "opened", opened)
    monkeypatch.setattr(several, "candidates", lambda: [PortInfo(url, "", "") for url in found])
    yield found
    for one in found.values():
        if isinstance(one, Named):
            one.close()


def labels(found):
    return [one.label for one in found]


def still_open(ports):
    return [url for url, one in ports.items() if isinstance(one, Named) and not one.closed]


def test_all_are_the_pods_that_answer_and_the_busy_ports(ports):
    found = several.select("all", 115200)
    assert labels(found) == [
        "left red (0202020202020202)", "right blue (0101010101010101)", "red (0303030303030303)", "/dev/busy"
    ]  # fmt: skip
    assert found[-1].error is BUSY


@pytest.mark.parametrize(
    "words", ["left,right", "RIGHT, left", "blue,0202020202020202", "/dev/a,left", "blue,right,left"]
)
def test_each_word_means_one_pod(ports, words):
    assert labels(several.select(words, 115200)) == ["left red (0202020202020202)", "right blue (0101010101010101)"]
    assert still_open(ports) == ["/dev/a", "/dev/b"]


def test_a_name_of_two_pods_is_refused_with_both(ports):
    with pytest.raises(NoPod, match=r"2 pods are called red: left red .* at /dev/b, red .* at /dev/c"):
        several.select("red", 115200)
    assert still_open(ports) == []


def test_an_unknown_pod_is_refused_with_the_candidates(ports):
    with pytest.raises(NoPod, match=r"no pod is called green; 3 pods found: .*; in use by another program: /dev/busy"):
        several.select("left,green", 115200)
    assert still_open(ports) == []


def test_a_busy_port_is_a_result_next_to_a_pod(ports):
    found = several.select("/dev/busy,left", 115200)
    assert [one.error for one in found] == [None, BUSY]
    with pytest.raises(PortBusy):
        several.select("/dev/busy", 115200)


@pytest.mark.parametrize("words", ["", " , ", "all,left"])
def test_an_unclear_selection_is_refused(ports, words):
    with pytest.raises(UsageError, match="--pods"):
        several.select(words, 115200)


def test_no_pod_at_all(ports):
    for url in ("/dev/a", "/dev/b", "/dev/c", "/dev/busy"):
        del ports[url]
    with pytest.raises(NoPod, match="no pod found"):
        several.select("all", 115200)


def test_a_pod_is_found_again_at_the_port_of_another(ports, monkeypatch):
    asked = []

    def transport(url, baud):
        asked.append(url)
        found = ports.get(url, NoPod(f"there is no port {url}"))
        if isinstance(found, RetropodError):
            raise found
        return found

    monkeypatch.setattr(several, "SerialTransport", transport)
    monkeypatch.setattr(several, "_ATTEMPTS", 1)
    search = several.Search("/dev/a", "02" * 8, 115200)
    assert search.pod().pod_id == "02" * 8
    assert asked[:2] == ["/dev/a", "/dev/b"] and ports["/dev/a"].closed == 1
    ports["/dev/b"] = Named("grey", 9, "unknown")
    for _ in range(9):
        with pytest.raises(NoPod, match="another pod"):
            search.pod()
    assert asked.count("/dev/c") == several._ASKED, "each opening may reset a foreign board"
    assert asked.count("/dev/busy") == 9
