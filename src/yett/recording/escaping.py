"""Makes recorded text safe to print: what was recorded must not drive the terminal that shows it."""


def printable(text: str | bytes, keep: str = "") -> str:
    """Return `text` with control, direction and other invisible characters escaped, those in `keep` excepted."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "backslashreplace")
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in keep else c.encode("unicode_escape").decode() for c in text)
