"""Why a node cannot be served: found before it starts, told in one line. No control flow lives here."""


class CannotServe(Exception):
    """A node cannot start, or cannot go on, for a reason outside of it.

    Attributes:
        thing: what is wrong: a key of the configuration, an option, an address.
        found: what was found there.
        expected: what would have been right.
        mend: what to do, as an order.
    """

    def __init__(self, thing: str, found: str, expected: str, mend: str) -> None:
        super().__init__(thing, found, expected, mend)
        self.thing, self.found, self.expected, self.mend = thing, found, expected, mend

    def __str__(self) -> str:
        """Say it in one line."""
        return f"{self.thing}: found {self.found}, expected {self.expected}; {self.mend}"
