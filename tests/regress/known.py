"""Differences that are known, each with its reason: what else differs is a mistake of the gate's."""

_CRASH = "this build of the server crashes here; the gate says that it went away, then ends the connection"

KNOWN: dict[int, dict[str, str]] = {15: {}, 17: {"sqljson": _CRASH, "hash_part": _CRASH}, 18: {}}
