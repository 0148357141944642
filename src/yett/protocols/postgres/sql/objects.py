"""The objects that DDL names: PostgreSQL's words for their kinds, and how a tree spells each of them."""

from yett.core.targets import Effect
from yett.protocols.postgres.sql.facts import RESOURCE, Ref, RefKind
from yett.protocols.postgres.sql.grammar import Node
from yett.protocols.postgres.sql.names import qualified, relation, strings

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
_RELATIONS = frozenset("TABLE VIEW MATVIEW INDEX SEQUENCE FOREIGN_TABLE".split())
_ON_RELATIONS = frozenset("COLUMN TABCONSTRAINT RULE TRIGGER POLICY".split())
_CALLABLES = frozenset("FUNCTION PROCEDURE ROUTINE AGGREGATE".split())
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
_QUALIFIED = {
    "COLLATION": RefKind.COLLATION,
    "CONVERSION": RefKind.CONVERSION,
    "STATISTIC_EXT": RefKind.STATISTICS,
    "TSCONFIGURATION": RefKind.TEXT_SEARCH,
    "TSDICTIONARY": RefKind.TEXT_SEARCH,
    "TSPARSER": RefKind.TEXT_SEARCH,
    "TSTEMPLATE": RefKind.TEXT_SEARCH,
}
# What reaches beyond the data: who may do what, other servers, code in the server, files, the cluster.
_ADMINISTERED = frozenset(
    "DATABASE ROLE TABLESPACE EXTENSION LANGUAGE FDW FOREIGN_SERVER PUBLICATION SUBSCRIPTION EVENT_TRIGGER"
    " ACCESS_METHOD PARAMETER_ACL POLICY USER_MAPPING DEFACL".split()
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
    name, what = short(objtype), words(objtype).lower()
    if "RangeVar" in node:
        return (relation(node["RangeVar"], optional=optional, what=what),)
    if "ObjectWithArgs" in node:
        kind = RefKind.OPERATOR if name == "OPERATOR" else RefKind.FUNCTION
        return (with_arguments(node["ObjectWithArgs"], kind, optional=optional, what=what),)
    if "TypeName" in node:
        return (typed(node["TypeName"], optional=optional, what=what),)
    if "List" in node:
        return _listed(name, node["List"].get("items", []), optional=optional, what=what)
    text = node.get("String", {}).get("sval")
    if text is not None and name in _PLAIN:
        return (Ref(_PLAIN[name], None, text, optional=optional, what=what),)
    if name == "LARGEOBJECT":
        number = node.get("Integer", {}).get("ival") or node.get("Float", {}).get("fval", "")
        return (Ref(RefKind.LARGE_OBJECT, None, str(number), optional=optional, what=what),)
    return (RESOURCE,)


def _listed(name: str, items: list[Node], *, optional: bool, what: str) -> tuple[Ref, ...]:
    if name in ("CAST", "TRANSFORM", "DOMCONSTRAINT"):
        return tuple(typed(item["TypeName"], optional=optional, what=what) for item in items if "TypeName" in item)
    parts = strings(items)
    if name in _RELATIONS:
        return (qualified(parts, RefKind.RELATION, optional=optional, what=what),)
    if name in _ON_RELATIONS:
        return (qualified(parts[:-1], RefKind.RELATION, optional=optional, what=what),)
    if name in ("OPCLASS", "OPFAMILY"):
        return (qualified(parts[1:], RefKind.OPERATOR_CLASS, optional=optional, what=what),)
    if name in ("TYPE", "DOMAIN", "ATTRIBUTE"):
        return (qualified(parts, RefKind.TYPE, optional=optional, what=what),)
    if name in _CALLABLES:
        return (qualified(parts, RefKind.FUNCTION, optional=optional, what=what),)
    if name in _QUALIFIED:
        return (qualified(parts, _QUALIFIED[name], optional=optional, what=what),)
    return (RESOURCE,)


def with_arguments(body: Node, kind: RefKind, **details: object) -> Ref:
    """Return what an ObjectWithArgs names; its arity is -1 where the statement gives no argument list."""
    arity = -1 if body.get("args_unspecified") else len(body.get("objargs", []))
    return qualified(strings(body.get("objname", [])), kind, arity=arity, **details)


def typed(body: Node, **details: object) -> Ref:
    """Return what a TypeName names."""
    return qualified(strings(body.get("names", [])), RefKind.TYPE, **details)
