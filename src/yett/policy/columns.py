"""What is said of a table is said of its columns: how the two answers make one, and when the table's is enough."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from cedarpy import pst

from yett.core.targets import Access, Effect, Target
from yett.policy.entities import above
from yett.policy.rules import Rule
from yett.policy.schema import PolicySchema
from yett.policy.scopes import can_fail

COLUMN, TABLE = "Column", "Table"
ANY_COLUMN = ""
_SAME_ON_BOTH = frozenset(("env", "resource", "label"))


class Tells(IntEnum):
    """How finely a policy can tell a table from its columns, and these from each other."""

    NOTHING = 0
    KIND = 1
    NAME = 2


@dataclass(frozen=True, slots=True)
class Teller:
    """A policy that may apply to a column where it does not apply to its table, or the other way round.

    `adds` says that it counts even where the table is permitted: it could forbid, fail, except or oblige.
    """

    rule: Rule
    tells: Tells
    adds: bool

    def concerns(self, access: Access, schema: PolicySchema) -> bool:
        """Return False only where the policy's scopes can match neither the column nor its table."""
        return has_action(self.rule.tree.action, access.effect) and _reaches(
            self.rule.tree.resource, access.target, schema
        )


def table_of(access: Access, schema: PolicySchema) -> Access | None:
    """Return the question about its table that a column's access stands on too, or None where there is none.

    The table is asked about as if it bore the column's label: a policy on labels means the same on both.
    """
    target = access.target
    if target.kind != COLUMN or len(target.path) < 2:
        return None
    if not (schema.applies(access.effect, COLUMN) and schema.applies(access.effect, TABLE)):
        return None
    return Access(access.effect, Target(target.resource, TABLE, target.path[:-1], target.label))


def any_column_of(access: Access) -> Access:
    """Return the question that stands for all columns of a table with one label, where no policy looks at names."""
    target = access.target
    return Access(access.effect, Target(target.resource, COLUMN, (*target.path[:-1], ANY_COLUMN), target.label))


def tellers(rules: Sequence[Rule]) -> tuple[Teller, ...]:
    """Return the policies that can tell columns from their tables.

    Any other policy that applies to a column, or fails on it, does the same on its table: its scope matches both or
    the table alone, and its conditions look at nothing in which the two differ. So where none of these is concerned,
    the table's answer is the column's.
    """
    found = (_teller(rule) for rule in rules)
    return tuple(one for one in found if one.tells)


def exceptions(rule: Rule) -> tuple[pst.Expr, ...]:
    """Return what a permit excepts by what its target is: `unless { … }`, `when { … && !(…) }`, `!=`.

    Where one of these holds for a column, the permit does not count for it, whatever it says of the table.
    """
    if not rule.permits:
        return ()
    return tuple(expr for expr in _negated(rule.tree) if _told(expr))


def _teller(rule: Rule) -> Teller:
    tree = rule.tree
    excepts = bool(exceptions(rule))
    scope = _told_by_scope(tree.resource)
    # A scope that no column can match leaves the conditions nothing to tell.
    tells = max(scope, _told_by_conditions(tree)) if _matches_columns(tree.resource) else Tells.NOTHING
    adds = not rule.permits or excepts or bool(rule.obligations) or can_fail(tree)
    return Teller(rule, Tells.NAME if excepts else tells, adds)


def _matches_columns(scope: pst.PrincipalOrResourceConstraint) -> bool:
    match scope:
        case pst.ScopeEq(entity=pst.EntityUid() as entity):
            return str(entity.type) == COLUMN
        case pst.ScopeIs(entity_type=kind) | pst.ScopeIsIn(entity_type=kind):
            return str(kind) == COLUMN
        case _:
            return True


def _told_by_scope(scope: pst.PrincipalOrResourceConstraint) -> Tells:
    match scope:
        case pst.ScopeEq(entity=entity) | pst.ScopeIn(entity=entity):
            return Tells.NAME if _is_column(entity) else Tells.NOTHING
        case pst.ScopeIsIn(entity=entity):
            return Tells.NAME if _is_column(entity) else Tells.KIND
        case pst.ScopeIs():
            return Tells.KIND
        case _:
            return Tells.NOTHING


def _is_column(entity: object) -> bool:
    return isinstance(entity, pst.EntityUid) and str(entity.type) == COLUMN


def _told_by_conditions(tree: pst.Template) -> Tells:
    return max((_told(clause.expr) for clause in tree.clauses), default=Tells.NOTHING)


def _told(node: object) -> Tells:
    """Return how finely an expression looks at the target; a use of it that is not known looks at everything."""
    known = _known_use(node)
    if known is not None:
        return known
    return max((_told(below) for below in below(node)), default=Tells.NOTHING)


def _known_use(node: object) -> Tells | None:
    match node:
        case pst.GetAttr(base=pst.Var(name="resource"), attr=attr):
            return Tells.NOTHING if attr in _SAME_ON_BOTH else Tells.NAME
        case pst.HasAttr(base=pst.Var(name="resource")):
            return Tells.NOTHING  # targets of all kinds have the same attributes
        case pst.Is(base=pst.Var(name="resource"), entity_type=kind, in_expr=where):
            return Tells.NAME if where is not None else _by_kind(str(kind))
        case pst.BinaryOp(op="eq" | "not_eq", left=pst.Var(name="resource"), right=pst.EntityLit(value=entity)):
            return Tells.NAME if _is_column(entity) else _by_kind(str(entity.type))
        case pst.BinaryOp(op="in", left=pst.Var(name="resource"), right=right):
            names = right.elements if isinstance(right, pst.Set) else (right,)
            plain = all(isinstance(one, pst.EntityLit) and not _is_column(one.value) for one in names)
            return Tells.NOTHING if plain else Tells.NAME
        case _:
            return Tells.NAME if node == pst.Var("resource") else None


def _by_kind(kind: str) -> Tells:
    return Tells.KIND if kind in (COLUMN, TABLE) else Tells.NOTHING


def below(node: object) -> Iterator[object]:
    """Yield what a node of a policy's tree is made of."""
    if isinstance(node, Mapping):
        yield from node.values()
    elif isinstance(node, tuple):
        yield from node
    elif type(node).__module__ == pst.__name__:
        yield from (getattr(node, name) for name in node.__dataclass_fields__)  # type: ignore[attr-defined]  # every node of cedar's tree is a dataclass


def _negated(tree: pst.Template) -> Iterator[pst.Expr]:
    for clause in tree.clauses:
        if isinstance(clause, pst.Unless):
            yield clause.expr
        else:
            yield from filter(None, map(_denied, _conjuncts(clause.expr)))


def _conjuncts(expr: pst.Expr) -> Iterator[pst.Expr]:
    if isinstance(expr, pst.BinaryOp) and expr.op == "and":
        yield from _conjuncts(expr.left)
        yield from _conjuncts(expr.right)
    else:
        yield expr


def _denied(expr: pst.Expr) -> pst.Expr | None:
    match expr:
        case pst.UnaryOp(op="not", arg=arg):
            return arg
        case pst.BinaryOp(op="not_eq", left=left, right=right):
            return pst.BinaryOp("eq", left, right)
        case _:
            return None


def has_action(scope: pst.ActionConstraint, effect: Effect) -> bool:
    """Return whether a policy's action scope matches this effect."""
    match scope:
        case pst.ActionEq(entity=entity):
            return entity.id == effect.value
        case pst.ActionIn(entities=entities):
            return any(entity.id == effect.value for entity in entities)
        case _:
            return True


def _reaches(scope: pst.PrincipalOrResourceConstraint, column: Target, schema: PolicySchema) -> bool:
    match scope:
        case pst.ScopeEq(entity=pst.EntityUid() as entity) | pst.ScopeIn(entity=pst.EntityUid() as entity):
            pass
        case pst.ScopeIsIn(entity=pst.EntityUid() as entity):
            pass
        case _:
            return True
    # What something lies in has an id that its own begins with: a quick no, before the exact answer.
    return column.id.startswith(entity.id) and (str(entity.type), entity.id) in above(column, schema)
