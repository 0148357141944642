"""Finds every stable error code in the source, with what is said and advised beside it."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

_VERDICTS = {"Deny", "Terminate", "Refusal"}
_TABLES = {"REFUSALS"}
_SQLSTATES = "SQLSTATES"

# Codes whose words are made from what happened; here is what they have in common.
_MEANINGS = {
    "catalog_unavailable": "The target's catalog could not be read, so nothing that names an object can be judged.",
    "cursor_unknown": "The session has no cursor of that name.",
    "definition_changed": "An object was changed between its judgement and its use; nothing ran. Repeat the statement.",
    "deny_list": "A `[deny.<name>]` pattern was found in the text; the reason is the pattern's own.",
    "deny_list_invalid": "A `[deny.<name>]` entry cannot be used.",
    "disk_full": "There is no space left for evidence, so nothing is let through until there is.",
    "draining": "The gate is being shut down and takes nothing new.",
    "feature_not_offered": "The protocol has this, and the gate does not offer it.",
    "function_unknown": "No function of that name and these arguments is found.",
    "identity_ended": "What the session stood on has ended: the token expired, or was revoked.",
    "object_unknown": "No object of that name is found.",
    "parameter_undefined": "The statement uses a parameter that it was not given.",
    "policy_error": "A policy could not be evaluated, which is a denial.",
    "policy_schema_invalid": "The schema generated for policies cannot be used: two protocols disagree about a name.",
    "recording_key_invalid": "A key of the recordings cannot be used.",
    "recording_stalled": "Evidence cannot be written quickly enough, so nothing is let through until it can.",
    "cancelled": "The client took back a statement that was waiting for a person, or whose names were being looked up.",
    "column_unknown": "No column of that name is found; said by the gate where data is labelled.",
    "relation_unknown": "No table or view of that name is found.",
    "reserved_name": "The name is one that the gate uses itself.",
    "schema_unknown": "No schema of that name is found.",
    "shared_role": "The gate signs in to the target with a role that others use; this would reach beyond.",
    "text_not_utf8": "The statement is not valid UTF-8.",
    "transaction_aborted": "The transaction has failed already; only its end is accepted.",
}

HEAD = """\
# Error codes

A code never changes its meaning. On the command line it stands in round brackets behind the message; in records and
logs it is the field `code`; PostgreSQL clients find the SQLSTATE here, which is 42501 for every denial that has none
of its own.
"""


@dataclass(slots=True)
class Code:
    """One error code: every message and hint that stands beside it in the source."""

    name: str
    sqlstate: str = ""
    said: list[str] = field(default_factory=list)
    advised: list[str] = field(default_factory=list)

    def add(self, message: str, hint: str) -> None:
        """Note one place where the code is used."""
        for text, known in ((message, self.said), (hint, self.advised)):
            if text and text not in known:
                known.append(text)


def page(source: Path) -> str:
    """Return the page of all codes, in alphabetical order."""
    codes = collect(source)
    lines = [HEAD, "| code | SQLSTATE | what happened | what to do |", "|---|---|---|---|"]
    for code in sorted(codes.values(), key=lambda one: one.name):
        said, advised = ("<br>".join(_cell(text) for text in texts) for texts in (code.said, code.advised))
        lines.append(f"| `{code.name}` | {code.sqlstate} | {said} | {advised} |")
    return "\n".join(lines) + "\n"


def undocumented(source: Path) -> list[str]:
    """Return the codes of which nothing is said: neither where they are raised nor in the table above."""
    return sorted(code.name for code in collect(source).values() if not any(code.said))


def collect(source: Path) -> dict[str, Code]:
    """Return every code that the source names."""
    codes: dict[str, Code] = {}
    for path in sorted(source.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for name, message, hint in (*_classes(tree), *_calls(tree), *_tables(tree)):
            codes.setdefault(name, Code(name)).add(message, hint)
        for name, sqlstate in _sqlstates(tree):
            codes.setdefault(name, Code(name)).sqlstate = sqlstate
    for code in codes.values():
        if not code.said:
            code.add(_MEANINGS.get(code.name, ""), "")
    return codes


def _classes(tree: ast.Module) -> Iterator[tuple[str, str, str]]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.ClassDef):
            continue
        for statement in node.body:
            match statement:
                case ast.Assign(targets=[ast.Name(id="code")], value=ast.Constant(value=str(code))) if code:
                    yield code, (ast.get_docstring(node) or "").partition("\n")[0], ""


def _calls(tree: ast.Module) -> Iterator[tuple[str, str, str]]:
    # Outer functions come first, so that a call gets the names of the innermost one around it.
    around: dict[ast.AST, dict[str, str]] = {}
    for scope in ast.walk(tree):
        if isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef):
            words = _assigned(scope)
            around |= dict.fromkeys(ast.walk(scope), words)
    for call in ast.walk(tree):
        if isinstance(call, ast.Call):
            yield from _call(call, around.get(call, {}))


def _call(call: ast.Call, words: dict[str, str]) -> Iterator[tuple[str, str, str]]:
    keywords = {keyword.arg: keyword.value for keyword in call.keywords}
    name = call.func.id if isinstance(call.func, ast.Name) else ""
    texts = [_text(argument, words) for argument in call.args]
    if name in _VERDICTS and call.args and isinstance(call.args[0], ast.Constant):
        hint = texts[2] if len(texts) > 2 else _text(keywords.get("hint"), words)
        yield str(call.args[0].value), texts[1] if len(texts) > 1 else "", hint
    for code in _constants(keywords.get("code")):
        yield code, texts[0] if texts else "", _text(keywords.get("hint"), words)


def _constants(node: ast.expr | None) -> Iterator[str]:
    match node:
        case ast.Constant(value=str(text)) if text:
            yield text
        case ast.IfExp(body=body, orelse=orelse):
            yield from _constants(body)
            yield from _constants(orelse)


def _tables(tree: ast.Module) -> Iterator[tuple[str, str, str]]:
    for name, message in _dicts(tree, _TABLES):
        yield name, message, ""


def _sqlstates(tree: ast.Module) -> Iterator[tuple[str, str]]:
    yield from _dicts(tree, {_SQLSTATES})


def _dicts(tree: ast.Module, names: set[str]) -> Iterator[tuple[str, str]]:
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Dict() as table) if name in names:
                pass
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.Dict() as table) if name in names:
                pass
            case _:
                continue
        yield from ((_text(key, {}), _text(value, {})) for key, value in zip(table.keys, table.values, strict=True))


def _assigned(scope: ast.AST) -> dict[str, str]:
    """Return the texts that the scope gives to names, as `msg = f"…"` before a raise."""
    return {
        target.id: _text(node.value, {})
        for node in ast.walk(scope)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _text(node: ast.expr | None, words: dict[str, str]) -> str:
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.Name(id=name):
            return words.get(name, "")
        case ast.JoinedStr(values=parts):
            return "".join(_part(part) for part in parts)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _text(left, words) + _text(right, words)
        case ast.IfExp(body=body):
            return _text(body, words)
        case _:
            return ""


def _part(part: ast.expr) -> str:
    if isinstance(part, ast.Constant):
        return str(part.value)
    return "…"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
