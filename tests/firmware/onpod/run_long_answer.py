"""A host asks again and again for an answer that takes half a minute. Prints what is left of every answer begun."""

from pod.link.session import Session
from retrowire import schema

TURN_MS = 50
STEPS = 600


class Link:
    """Takes every frame."""

    on_frame = None
    dropped = 0
    idle = True

    def send(self, _message, _payload, _length):
        return True


class Job:
    """An answer that takes a while."""

    def __init__(self):
        self.left = STEPS

    def step(self):
        self.left -= 1
        return self.left == 0

    def close(self):
        pass


def main():
    session = Session(Link(), None)
    begun = []

    def digest(_values):
        begun.append(Job())
        session.begin(begun[-1])

    session._requests._own[schema.DIGEST_GET] = digest
    asked = bytes((77, 7, 0, 0, 0))
    for _ in range(STEPS):
        session.frame(schema.DIGEST_GET, 0, asked, len(asked))
        session.step(TURN_MS)
    print([job.left for job in begun])


main()
