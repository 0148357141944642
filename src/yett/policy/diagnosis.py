"""Cedar's complaints about a policy, tied to the word they are about."""

import re
from collections.abc import Iterable, Iterator

from cedarpy import PolicySet, validate_policies

from yett.policy.problems import Problem, did_you_mean
from yett.policy.schema import ACTIONS, MEMBERSHIP_KINDS, PRINCIPAL_KINDS, PolicySchema
from yett.policy.source import Chunk, Place, Token, unquoted

_UNFINISHED = "unexpected end of input"
_TICKED = re.compile(r"[`']([^`']+)[`']")
_PREAMBLE = re.compile(r"^(\[policy\d+\] )?(for policy `policy\d+`, )?")
_NO_ACTION = "unable to find an applicable action"
_KEYWORDS = ("permit", "forbid", "when", "unless", "principal", "action", "resource", "context")
_FUNCTIONS = ("ip", "datetime", "duration", "decimal")
_METHODS = (
    *("contains", "containsAll", "containsAny", "isEmpty", "isInRange", "isLoopback", "isIpv4", "isIpv6", "hasTag"),
    *("isMulticast", "offset", "durationSince", "toDate", "toTime", "toHours", "toDays", "toMinutes", "toSeconds"),
)


def syntax_problem(chunk: Chunk, complaint: str) -> Problem:
    """Return what Cedar's parser said of this policy, at the word where it could not go on."""
    if complaint.startswith(_UNFINISHED):
        end = chunk.tokens[-1]
        place = Place(chunk.file, end.line, end.column + len(end.text))
        return Problem(place, "the policy is not finished", "every policy ends with `;`")
    token = _first_refused(chunk) if complaint.startswith(("unexpected token", "invalid token")) else None
    words = _TICKED.findall(complaint)
    token = token or next(filter(None, (_find(chunk, word) for word in words)), None) or _last_word(chunk, complaint)
    place = chunk.at(token) if token else chunk.place
    return Problem(place, complaint, _syntax_suggestion(complaint, token))


def validation_problems(chunk: Chunk, schema: PolicySchema) -> list[Problem]:
    """Return what strict validation says against one policy, each complaint once."""
    complaints = [_PREAMBLE.sub("", str(error)) for error in validate_policies(chunk.text, schema.cedar).errors]
    if len(complaints) > 1:
        complaints = [c for c in complaints if not c.startswith(_NO_ACTION)] or complaints[:1]
    found = [_explained(chunk, complaint, schema) for complaint in complaints]
    return list({(p.place, p.message.split(" on ")[0]): p for p in found}.values())


def _explained(chunk: Chunk, complaint: str, schema: PolicySchema) -> Problem:
    word = next(iter(_TICKED.findall(complaint)), "")
    if complaint.startswith("unrecognized action"):
        return _unknown_action(chunk, word)
    if complaint.startswith("unrecognized entity type"):
        place = _place_of(chunk, word)
        return Problem(place, f"unknown entity type {word}", did_you_mean(word, schema.entity_types))
    if complaint.startswith("attribute"):
        return _unknown_attribute(chunk, complaint, word, schema)
    if complaint.startswith(_NO_ACTION):
        message = "no action named here applies to this kind of principal and target, so it could never match"
        return Problem(chunk.head, message, "`yett policy schema` shows which action applies to what")
    return Problem(_condition_place(chunk, word), complaint)


def _unknown_action(chunk: Chunk, word: str) -> Problem:
    name = word.partition('"')[2].rstrip('"')
    token = next((t for t in chunk.tokens if t.kind == "string" and unquoted(t) == name), None)
    place = chunk.at(token) if token else chunk.head
    return Problem(place, f"unknown action {word}", did_you_mean(name, map(str, ACTIONS), 'Action::"{}"'))


def _unknown_attribute(chunk: Chunk, complaint: str, path: str, schema: PolicySchema) -> Problem:
    base, _, name = path.rpartition(".")
    if " in context" in complaint:
        where = f"context.{base}" if base else "context"
    else:
        side = "principal" if f"`{_after(complaint, 'entity type')}`".strip("`") in PRINCIPAL_KINDS else "resource"
        where = f"{side}.{base}" if base else side
    known = schema.attributes.get(where, frozenset())
    return Problem(
        _place_of(chunk, name), f"unknown attribute {where}.{name}", did_you_mean(name, known, where + ".{}")
    )


def has_problems(chunk: Chunk, asked: Iterable[tuple[str, str]], schema: PolicySchema) -> Iterator[Problem]:
    """Yield a problem for each `has` that asks for an attribute nothing has: Cedar reads that as false."""
    for where, name in asked:
        known = schema.attributes.get(where)
        if known is not None and name not in known:
            message = f"unknown attribute {where}.{name}: this `has` could never be true"
            yield Problem(_place_of(chunk, name), message, did_you_mean(name, known, where + ".{}"))


def never_in(chunk: Chunk, side: str, kind: str, schema: PolicySchema) -> Problem | None:
    """Return a problem where a principal or resource is asked to be in a kind of thing that it can never be in."""
    fitting = (*PRINCIPAL_KINDS, *MEMBERSHIP_KINDS) if side == "principal" else tuple(schema.target_types)
    if kind in fitting or kind not in schema.entity_types:
        return None
    return Problem(_place_of(chunk, kind), f"a {side} is never in a {kind}", f"known: {', '.join(sorted(fitting))}")


def _after(text: str, words: str) -> str:
    match = re.search(re.escape(words) + r" `([^`]*)`", text)
    return match[1] if match else ""


def _first_refused(chunk: Chunk) -> Token | None:
    """Return the first token that no policy could have there, found by trying ever nearer prefixes."""
    low, high = 0, len(chunk.tokens)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _could_go_on(chunk.prefix(middle)) else (low, middle)
    return chunk.tokens[high - 1]


def _could_go_on(text: str) -> bool:
    try:
        PolicySet.from_str(text)
    except ValueError as error:
        return not str(error).startswith(("unexpected token", "invalid token"))
    return True


def _syntax_suggestion(complaint: str, token: Token | None) -> str:
    if token is None:
        return ""
    if "valid function" in complaint:
        return did_you_mean(token.text, _FUNCTIONS)
    if "valid method" in complaint:
        return did_you_mean(token.text, _METHODS)
    if token.kind == "word" and token.text not in _KEYWORDS:
        near = did_you_mean(token.text, _KEYWORDS)
        return near if near.startswith("did") else ""
    return {"=": "write ==", "'": 'texts stand in double quotes: "…"'}.get(token.text, "")


def _find(chunk: Chunk, word: str) -> Token | None:
    wanted = word.strip('"')
    for token in chunk.tokens:
        if token.text == word or (token.kind == "string" and unquoted(token) == wanted):
            return token
    pieces = [piece for piece in re.split(r'::|\.|"', word) if piece]
    return _find(chunk, pieces[0]) if pieces and pieces[0] != word else None


def _last_word(chunk: Chunk, complaint: str) -> Token | None:
    return _find(chunk, complaint.rsplit(None, 1)[-1]) if complaint else None


def _place_of(chunk: Chunk, word: str) -> Place:
    token = _find(chunk, word)
    return chunk.at(token) if token else chunk.head


def _condition_place(chunk: Chunk, word: str) -> Place:
    token = (_find(chunk, word) if word else None) or _find(chunk, "when") or _find(chunk, "unless")
    return chunk.at(token) if token else chunk.head
