"""The objects that DDL names: PostgreSQL's words for their kinds, and how a tree spells each of them."""

from msgspec import structs

from yett.core.targets import Effect
from yett.protocols.postgres.sql.grammar import Node
from yett.protocols.postgres.sql.names import qualified, relation, strings
from yett.protocols.postgres.sql.refs import RESOURCE, Ref, RefKind

_WORDS = {
    "MATVIEW": "MATERIALIZED VIEW",
    "FDW": "FOREIGN DATA WRAPPER",
    "FOREIGN_SERVER": "SERVER",
    "OPCLASS": "OPERATOR CLASS",
    "OPFAMILY": "OPERATOR FAMILY",
    "LARGEOBJECT": "LARGE OBJECT",
    "STATISTIC_EXT": "STATISTICS",
    "TSCONFIGURATION": "TEXT SEARCH CONFIGURATION",
    "TSDICTIONARY": "TEXT SEARCH DICTIONARY",
    "TSPARSER": "TEXT SEARCH PARSER",
    "TSTEMPLATE": "TEXT SEARCH TEMPLATE",
    "TABCONSTRAINT": "TABLE",
    "DOMCONSTRAINT": "DOMAIN",
    "ATTRIBUTE": "TYPE",
    "PARAMETER_ACL": "PARAMETER",
}
_RELATIONS = frozenset(["TABLE", "VIEW", "MATVIEW", "INDEX", "SEQUENCE", "FOREIGN_TABLE"])
_ON_RELATIONS = frozenset(["COLUMN", "TABCONSTRAINT", "RULE", "TRIGGER", "POLICY"])
_CALLABLES = frozenset(["FUNCTION", "PROCEDURE", "ROUTINE", "AGGREGATE"])
_PLAIN = {
    "SCHEMA": RefKind.SCHEMA,
    "DATABASE": RefKind.DATABASE,
    "ROLE": RefKind.ROLE,
    "TABLESPACE": RefKind.TABLESPACE,
    "EXTENSION": RefKind.EXTENSION,
    "LANGUAGE": RefKind.LANGUAGE,
    "FDW": RefKind.WRAPPER,
    "FOREIGN_SERVER": RefKind.SERVER,
    "PUBLICATION": RefKind.PUBLICATION,
    "SUBSCRIPTION": RefKind.SUBSCRIPTION,
    "EVENT_TRIGGER": RefKind.EVENT_TRIGGER,
    "ACCESS_METHOD": RefKind.ACCESS_METHOD,
    "PARAMETER_ACL": RefKind.SETTING,
}
_TYPE_LISTS = frozenset(("CAST", "TRANSFORM", "DOMCONSTRAINT"))
# Objects spelt as lists of names: which of the list is the object's own name.
_LISTED = (
    dict.fromkeys(_RELATIONS, (RefKind.RELATION, 0, None))
    | dict.fromkeys(_ON_RELATIONS, (RefKind.RELATION, 0, -1))
    | dict.fromkeys(_CALLABLES, (RefKind.FUNCTION, 0, None))
    | dict.fromkeys(("TYPE", "DOMAIN", "ATTRIBUTE"), (RefKind.TYPE, 0, None))
    | dict.fromkeys(("OPCLASS", "OPFAMILY"), (RefKind.OPERATOR_CLASS, 1, None))
    | dict.fromkeys(("TSCONFIGURATION", "TSDICTIONARY", "TSPARSER", "TSTEMPLATE"), (RefKind.TEXT_SEARCH, 0, None))
    | {"COLLATION": (RefKind.COLLATION, 0, None), "CONVERSION": (RefKind.CONVERSION, 0, None)}
    | {"STATISTIC_EXT": (RefKind.STATISTICS, 0, None)}
)
# What reaches beyond the data: who may do what, other servers, code in the server, files, the cluster.
_ADMINISTERED = frozenset(
    [
        "DATABASE",
        "ROLE",
        "TABLESPACE",
        "EXTENSION",
        "LANGUAGE",
        "FDW",
        "FOREIGN_SERVER",
        "PUBLICATION",
        "SUBSCRIPTION",
        "EVENT_TRIGGER",
        "ACCESS_METHOD",
        "PARAMETER_ACL",
        "POLICY",
        "USER_MAPPING",
        "DEFACL",
    ]
)


def short(objtype: str) -> str:
    """Return the kind of object without libpg_query's prefix."""
    return objtype.removeprefix("OBJECT_")


def words(objtype: str) -> str:
    """Return PostgreSQL's words for a kind of object, as they stand in command tags."""
    name = short(objtype)
    return _WORDS.get(name) or name.replace("_", " ")


def effect_on(objtype: str) -> Effect:
    """Return whether changing this kind of object is DEFINE or ADMINISTER."""
    return Effect.ADMINISTER if short(objtype) in _ADMINISTERED else Effect.DEFINE


def object_refs(objtype: str, node: Node, *, optional: bool = False) -> tuple[Ref, ...]:
    """Return what an object node of DROP, COMMENT, ALTER … names. The resource where its form is not known."""
    refs = _refs(short(objtype), node)
    what = words(objtype).lower()
    return tuple(structs.replace(ref, optional=optional, what=what) for ref in refs) or (RESOURCE,)


def _refs(name: str, node: Node) -> list[Ref]:  # noqa: PLR0911 (one row per form)
    match node:
        case {"RangeVar": body}:
            return [relation(body)]
        case {"ObjectWithArgs": body}:
            return [with_arguments(body, RefKind.OPERATOR if name == "OPERATOR" else RefKind.FUNCTION)]
        case {"TypeName": body}:
            return [typed(body)]
        case {"List": {"items": items}} if name in _TYPE_LISTS:
            return [typed(item["TypeName"]) for item in items if "TypeName" in item]
        case {"List": {"items": items}} if name in _LISTED:
            kind, first, last = _LISTED[name]
            return [qualified(strings(items)[first:last], kind)]
        case {"String": {"sval": text}} if name in _PLAIN:
            return [Ref(_PLAIN[name], None, text)]
        case {"Integer": {"ival": number}} | {"Float": {"fval": number}} if name == "LARGEOBJECT":
            return [Ref(RefKind.LARGE_OBJECT, None, str(number))]
    return []


def with_arguments(body: Node, kind: RefKind, what: str = "") -> Ref:
    """Return what an ObjectWithArgs names; its arity is -1 where the statement gives no argument list."""
    arity = -1 if body.get("args_unspecified") else len(body.get("objargs", []))
    return qualified(strings(body.get("objname", [])), kind, arity=arity, what=what)


def typed(body: Node, what: str = "") -> Ref:
    """Return what a TypeName names."""
    return qualified(strings(body.get("names", [])), RefKind.TYPE, what=what)
