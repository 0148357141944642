"""Differences that are known, each with its reason: what else differs is a mistake of the gate's."""

_GRAMMAR_18 = (
    "texts that do not parse are answered by the gate, with PostgreSQL 18's words and place, without HINT and DETAIL"
)
_FAST_PATH = "large objects by the fast path, which is not offered"
_CRASH = "this server crashes here; the gate says that it went away before it ends the connection"

KNOWN: dict[int, dict[str, str]] = {
    15: {
        "strings": _GRAMMAR_18 + "; so are backslashes in plain strings while standard_conforming_strings is off",
        "create_procedure": "definitions inside BEGIN ATOMIC are not understood; the server has its own error for them",
        "create_table": _GRAMMAR_18,
        "errors": _GRAMMAR_18,
        "rowsecurity": _GRAMMAR_18,
        "publication": _GRAMMAR_18,
        "foreign_key": _GRAMMAR_18,
        "limit": _GRAMMAR_18,
        "largeobject": _FAST_PATH,
    },
}
KNOWN[18] = {
    name: KNOWN[15][name]
    for name in ("strings", "create_procedure", "errors", "rowsecurity", "publication", "largeobject")
}
KNOWN[17] = KNOWN[15] | {"sqljson": _GRAMMAR_18 + "; and " + _CRASH, "hash_part": _CRASH}
