"""The parts of a policy as it was written: its three scopes and its conditions, to show which one did not match."""

from collections.abc import Mapping, Sequence

from yett.policy.source import Chunk, Token, chunks

SHOWN_CHARACTERS_MAX = 160
_CLAUSES = ("when", "unless")


def written_parts(text: str) -> Mapping[str, str]:
    """Return a policy's parts by name: `principal`, `action`, `resource`, and `when` or `unless`.

    Where there are several conditions they are numbered in order: `when 1`, `unless 2`. Long ones are cut.
    """
    chunk = next(iter(chunks("", text)))
    start = next(i for i, token in enumerate(chunk.tokens) if token.kind == "word" and _is_head(chunk.tokens, i))
    scopes, after = _scopes(chunk.tokens, start + 2)
    found = dict(zip(("principal", "action", "resource"), (_text(chunk, scope) for scope in scopes), strict=False))
    clauses = _clauses(chunk.tokens, after)
    for number, clause in enumerate(clauses, start=1):
        name = clause[0].text
        found[f"{name} {number}" if len(clauses) > 1 else name] = _text(chunk, clause)
    return found


def _is_head(tokens: Sequence[Token], index: int) -> bool:
    """Tell `permit (` from an annotation of that name."""
    return tokens[index].text in ("permit", "forbid") and (index == 0 or tokens[index - 1].text != "@")


def _scopes(tokens: Sequence[Token], index: int) -> tuple[list[list[Token]], int]:
    scopes: list[list[Token]] = [[]]
    depth = 0
    while index < len(tokens) and (depth or tokens[index].text != ")"):
        token = tokens[index]
        depth += (token.text in "([{") - (token.text in ")]}")
        if token.text == "," and not depth:
            scopes.append([])
        else:
            scopes[-1].append(token)
        index += 1
    return scopes, index + 1


def _clauses(tokens: Sequence[Token], index: int) -> list[list[Token]]:
    clauses: list[list[Token]] = []
    depth = 0
    for token in tokens[index:]:
        if not depth and token.text in _CLAUSES:
            clauses.append([])
        depth += (token.text in "([{") - (token.text in ")]}")
        if clauses and token.text != ";":
            clauses[-1].append(token)
    return clauses


def _text(chunk: Chunk, tokens: Sequence[Token]) -> str:
    if not tokens:
        return ""
    begin = chunk.tokens[0].start
    whole = " ".join(chunk.text[tokens[0].start - begin : tokens[-1].end - begin].split())
    return whole if len(whole) <= SHOWN_CHARACTERS_MAX else whole[: SHOWN_CHARACTERS_MAX - 1] + "…"
