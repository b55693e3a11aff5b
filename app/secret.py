"""Secret: a text that does not show itself where settings, plans and errors are printed."""


class Secret(str):
    """A password or a token. Whoever uses it as text has it; its `repr`, and that of everything that holds it, has not."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'***'"
