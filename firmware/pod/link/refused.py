"""The exception that turns a request into a refusal."""


class Refused(Exception):
    """A request that is answered by an error; `code` is a number of the schema's enum."""

    def __init__(self, code: int, text: str = "", detail: int = 0):
        super().__init__(text)
        self.code = code
        self.detail = detail
