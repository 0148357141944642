"""What expressions touch: the functions, operators and types they use, and what PostgreSQL's own functions do."""

from typing import Final

from yett.core.targets import Effect
from yett.protocols.postgres.sql.facts import SettingChange
from yett.protocols.postgres.sql.functions import (
    INFORMATION_SCHEMA_FUNCTIONS,
    INFORMATION_SCHEMA_TYPES,
    Act,
    builtin_acts,
    is_builtin_operator,
    is_builtin_type,
    known_extension_function,
)
from yett.protocols.postgres.sql.grammar import Node
from yett.protocols.postgres.sql.names import constant, folded, qualified, relation, split_names, strings
from yett.protocols.postgres.sql.reading import Handler, Reader, Scope
from yett.protocols.postgres.sql.refs import RESOURCE, Ref, RefKind
from yett.protocols.postgres.sql.settings import change_setting

_EQUALS: Final = Ref(RefKind.OPERATOR, None, "=", 2)
_BETWEEN: Final = (Ref(RefKind.OPERATOR, None, ">=", 2), Ref(RefKind.OPERATOR, None, "<=", 2))
_SERIALS: Final = frozenset(["serial", "serial2", "serial4", "serial8", "smallserial", "bigserial"])


def _function_call(reader: Reader, body: Node, scope: Scope) -> None:
    certain = id(body) in reader.certain_calls
    reader.fields("FuncCall", body, scope, skip=("funcname",))
    parts = strings(body.get("funcname", []))
    call(reader, parts, body.get("args", []), certain=certain)


def call(reader: Reader, parts: tuple[str, ...], arguments: list[Node], *, certain: bool = False) -> None:
    """Record what calling a function of this name with these arguments touches."""
    ref = qualified(parts, RefKind.FUNCTION, arity=len(arguments))
    if ref.schema in (None, "pg_catalog"):
        acts = builtin_acts(ref.name)
        if acts is None and len(arguments) == 1 and is_builtin_type(ref.name):
            acts = ()
        if acts is not None:
            if ref.schema is None:
                reader.assume(ref)
            for act in acts:
                _apply(reader, act, ref, arguments, certain=certain)
            return
    if ref.schema == "information_schema" and ref.name in INFORMATION_SCHEMA_FUNCTIONS:
        return
    reader.runs(ref)
    if known_extension_function(ref.name):
        reader.touch(Effect.ADMINISTER, RESOURCE)


def _apply(reader: Reader, act: Act, function: Ref, arguments: list[Node], *, certain: bool) -> None:
    reader.opaque = reader.opaque or act.opaque
    if act.on is RefKind.FUNCTION:
        reader.touch(act.effect, Ref(RefKind.FUNCTION, "pg_catalog", function.name, function.arity))
        return
    named = _named(reader, arguments, act.argument)
    if act.on is RefKind.SETTING and act.effect is Effect.WRITE:
        change_setting(reader, _set_config(named, arguments, certain=certain))
        return
    target = _target(act.on, named)
    reader.touch(act.effect, target)
    if target.kind is RefKind.CHANNEL:
        reader.notifies.append(target.name)


def _named(reader: Reader, arguments: list[Node], index: int) -> str | None:
    if not 0 <= index < len(arguments):
        return None
    argument = arguments[index]
    stated = reader.stated_values.get(id(argument))
    return constant(argument) if stated is None else stated


def _target(kind: RefKind, named: str | None) -> Ref:
    """Return what a constant argument names, or the whole resource where it cannot be told."""
    if named is None:
        return RESOURCE
    if kind is RefKind.RELATION:
        parts = split_names(named, ".")
        return RESOURCE if parts is None else qualified(parts, RefKind.RELATION)
    if kind is RefKind.SETTING:
        return Ref(kind, None, folded(named))
    return Ref(kind, None, named)


def _set_config(name: str | None, arguments: list[Node], *, certain: bool) -> SettingChange:
    value = constant(arguments[1]) if len(arguments) > 1 else None
    is_local = constant(arguments[2]) if len(arguments) > 2 else None
    return SettingChange(
        name=None if name is None else folded(name),
        value=value,
        is_local=is_local in ("true", "t", "on", "yes", "1"),
        certain=certain,
    )


def operator(reader: Reader, parts: tuple[str, ...], arity: int) -> None:
    """Record the use of an operator."""
    ref = qualified(parts, RefKind.OPERATOR, arity=arity)
    if ref.schema in (None, "pg_catalog") and is_builtin_operator(ref.name):
        if ref.schema is None:
            reader.assume(ref)
        return
    reader.runs(ref)


def _operation(reader: Reader, body: Node, scope: Scope) -> None:
    reader.fields("A_Expr", body, scope, skip=("name",))
    if "BETWEEN" in body.get("kind", ""):
        for ref in _BETWEEN:
            reader.assume(ref)
        return
    operator(reader, _operator_name(body.get("name", [])), 2 if "lexpr" in body else 1)


def _operator_name(nodes: list[Node]) -> tuple[str, ...]:
    parts = strings(nodes)
    # The grammar keeps the standard's spelling in a few places.
    return (*parts[:-1], "<>") if parts and parts[-1] == "!=" else parts


def type_name(reader: Reader, body: Node, scope: Scope, effect: Effect) -> None:
    """Record the use of a type: EXECUTE where a value is made of it, READ where it is only named."""
    reader.read(body.get("typmods", []), scope)
    parts = strings(body.get("names", []))
    if body.get("pct_type"):
        reader.touch(Effect.READ, qualified(parts[:-1], RefKind.RELATION))
        return
    ref = qualified(parts, RefKind.TYPE)
    if ref.schema in (None, "pg_catalog") and (is_builtin_type(ref.name) or ref.name in _SERIALS):
        if ref.schema is None:
            reader.assume(ref)
        return
    if ref.schema == "information_schema" and ref.name in INFORMATION_SCHEMA_TYPES:
        return
    reader.touch(effect, ref)


def _type(reader: Reader, body: Node, scope: Scope) -> None:
    type_name(reader, body, scope, reader.type_effect)


def _cast(reader: Reader, body: Node, scope: Scope) -> None:
    reader.read(body.get("arg", {}), scope)
    type_name(reader, body.get("typeName", {}), scope, Effect.EXECUTE)


def _column(reader: Reader, body: Node, scope: Scope) -> None:  # noqa: ARG001 (one signature for all handlers)
    fields = body.get("fields", [])
    if len(fields) > 1:
        _attribute(reader, fields[-1])


def _attribute(reader: Reader, node: Node) -> None:
    name = node.get("String", {}).get("sval")
    if name:
        # `t.f` is column f of t or else the function f(t), which only the catalog can tell.
        reader.assume(Ref(RefKind.ATTRIBUTE, None, name, 1))


def _indirection(reader: Reader, body: Node, scope: Scope) -> None:
    reader.fields("A_Indirection", body, scope)
    for part in body.get("indirection", []):
        _attribute(reader, part)


def _sub_link(reader: Reader, body: Node, scope: Scope) -> None:
    reader.fields("SubLink", body, scope, skip=("operName",))
    if body.get("operName"):
        operator(reader, _operator_name(body["operName"]), 2)
    elif "testexpr" in body:
        reader.assume(_EQUALS)


def _case(reader: Reader, body: Node, scope: Scope) -> None:
    reader.fields("CaseExpr", body, scope)
    if "arg" in body:
        reader.assume(_EQUALS)


def _sort(reader: Reader, body: Node, scope: Scope) -> None:
    reader.fields("SortBy", body, scope, skip=("useOp",))
    if body.get("useOp"):
        operator(reader, strings(body["useOp"]), 2)


def _join(reader: Reader, body: Node, scope: Scope) -> None:
    reader.fields("JoinExpr", body, scope)
    if "usingClause" in body or body.get("isNatural"):
        reader.assume(_EQUALS)


def _sample(reader: Reader, body: Node, scope: Scope) -> None:
    reader.fields("RangeTableSample", body, scope, skip=("method",))
    method = qualified(strings(body.get("method", [])), RefKind.FUNCTION, arity=1)
    if method.schema in (None, "pg_catalog") and method.name in ("bernoulli", "system"):
        reader.assume(method)
    else:
        reader.runs(method)


def _relation(reader: Reader, body: Node, scope: Scope) -> None:
    if reader.relation_effect is Effect.READ and "schemaname" not in body and body.get("relname") in scope:
        return
    reader.touch(reader.relation_effect, relation(body))


EXPRESSION_HANDLERS: dict[str, Handler] = {
    "A_Expr": _operation,
    "A_Indirection": _indirection,
    "CaseExpr": _case,
    "ColumnRef": _column,
    "FuncCall": _function_call,
    "JoinExpr": _join,
    "RangeTableSample": _sample,
    "RangeVar": _relation,
    "SortBy": _sort,
    "SubLink": _sub_link,
    "TypeCast": _cast,
    "TypeName": _type,
}
