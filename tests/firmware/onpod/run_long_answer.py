"""A host asks again and again for an answer that takes half a minute. Prints the rest of every answer."""

from pod.link.answers import Answers
from pod.link.session import Session
from pod.link.streams import Streams
from retrowire import schema

TURN_MS = 50
STEPS = 600


class Link:
    """Takes every frame."""

    dropped = 0
    idle = True

    def send(self, _message, _payload, _length):
        return True


class Settings:
    """No settings are on trial."""

    on_trial = False


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
    link = Link()
    streams = Streams(link)
    answers = Answers(link, streams)
    begun = []

    class Requests:
        """Answers a digest with a job."""

        def digest(self, _values):
            begun.append(Job())
            answers.begin(begun[-1])

        handlers = {schema.DIGEST_GET: digest}

    session = Session(link, streams, answers, None, (Requests(),), Settings, None)
    asked = bytes((77, 7, 0, 0, 0))
    for _ in range(STEPS):
        session.frame(schema.DIGEST_GET, asked, len(asked))
        session.step(TURN_MS)
    print([job.left for job in begun])


main()
