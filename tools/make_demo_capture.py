"""Regenerate the capture of the demo and its truth: `python -m tools.make_demo_capture`, after a change of the wire."""

from retropod.demo import capture, scenario, truth
from retropod.replay.replay import LEASE, Setup, held_pod

_SEED = 1


def make() -> tuple[bytes, list[truth.RealStride]]:
    """Run the demo's scenario on a virtual pod. Return the bytes that it sent and the true strides."""
    source, real = scenario.demo(_SEED)
    taps: list[capture.Tap] = []

    def tapped(inner: capture.Transport) -> capture.Tap:
        taps.append(capture.Tap(inner))
        return taps[-1]

    with held_pod(source, Setup(), wrap=tapped) as (virtual, pod), pod.stream("strides", "events", **LEASE):
        virtual.go()
        virtual.wait_source_end(60.0)
        pod.status()
    return bytes(taps[-1].taken), real


if __name__ == "__main__":
    content, real = make()
    capture.FILE.write_bytes(content)
    truth.save(real, capture.TRUTH)
