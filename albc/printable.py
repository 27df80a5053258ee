"""Text of others, made harmless: one line, without what could move a cursor, change colours or begin a line of a log.

Called by whatever shows people texts that users, servers or files gave: logs, plans, events, conditions, refusals.
"""


def printable(text: str, longest: int | None = None) -> str:
    """The text with what does not print escaped, as Python writes it (`\\n`, `\\x1b`), cut to `longest` characters."""
    if not text.isprintable():
        text = "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)
    return text if longest is None or len(text) <= longest else f"{text[: longest - 1]}…"
