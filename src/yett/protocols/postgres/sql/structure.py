"""Shows that a statement's literals cannot change what it touches, from its whole tree."""

from yett.protocols.postgres.sql.grammar import ParsedText


def literals_do_not_matter(raw: bytes, parsed: ParsedText) -> bool:
    """Say whether every literal that structure_key takes out of `raw` is a mere value."""
    return False
