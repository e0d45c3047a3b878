"""The exception that refuses a request."""


class Refused(Exception):
    """A request that cannot be fulfilled; `code` is a number of the schema's `error` enum."""

    def __init__(self, code: int, text: str = "", detail: int = 0):
        super().__init__(text)
        self.code = code
        self.detail = detail
