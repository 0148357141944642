"""Differences that are meant, each with its reason: any other is a mistake of the gate's."""

import re

# What a refusal says where it is one of those that docs/postgres.md lists for everybody whom policy restricts.
_REFUSED = re.compile(r"refused by the gate \((?P<code>shared_role|statements_interdependent)\)")

# (suite, part of the test's name) -> why it differs for everybody.
EVERYBODY: dict[tuple[str, str], str] = {}

# And for those whom policy restricts, beside refusals.
RESTRICTED: dict[tuple[str, str], str] = {}


def reason(suite: str, test: str, words: str, *, restricted: bool) -> str:
    """Return why a test may end otherwise through the gate; empty where nothing says so."""
    known = EVERYBODY | (RESTRICTED if restricted else {})
    named = next((why for (one, part), why in known.items() if one == suite and part in test), "")
    if named or not restricted:
        return named
    refused = _REFUSED.search(words)
    return f"refused ({refused['code']})" if refused is not None else ""
