"""One policy as the gate uses it: Cedar's own tree, and what its annotations say."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cedarpy import pst

from yett.core.decisions import Obligation
from yett.policy.problems import Problem, did_you_mean
from yett.policy.source import Chunk, Place

ANNOTATIONS = frozenset(("id", "reason", "hint", "approval", "obligation", "obligations", "note", "owner"))
OBLIGATIONS = frozenset(("cap_rows", "cap_bytes", "record_rows"))
ANNOTATION_CHARACTERS_MAX = 500


@dataclass(frozen=True, slots=True)
class Rule:
    """A loaded policy.

    `flow` names the approval that lifts it, for a forbid that holds; `tree` is Cedar's own form, `text` the policy as
    it was written.
    """

    id: str
    place: Place
    tree: pst.Template
    text: str
    reason: str = ""
    hint: str = ""
    flow: str = ""
    obligations: tuple[Obligation, ...] = ()

    @property
    def permits(self) -> bool:
        """Return whether this is a permit rather than a forbid."""
        return self.tree.effect == "permit"


def read_rule(chunk: Chunk, tree: pst.Template) -> tuple[Rule, list[Problem]]:
    """Return the policy with its annotations read, and what is wrong with them."""
    notes = tree.annotations
    problems = list(_unknown_or_overlong(chunk, notes))
    obligations, obligation_problems = _obligations(chunk, tree)
    problems += obligation_problems
    problems += _approval_problems(chunk, tree)
    rule = Rule(
        id=notes.get("id") or f"{chunk.file}:{chunk.head.line}",
        place=chunk.head,
        tree=tree,
        text=chunk.text,
        reason=notes.get("reason", ""),
        hint=notes.get("hint", ""),
        flow=notes.get("approval", ""),
        obligations=obligations,
    )
    return rule, problems


def lifting_flows(tree: pst.Template) -> frozenset[str]:
    """Return the approvals any one of which makes a policy not apply, read from its `unless` clauses."""
    clauses = (clause.expr for clause in tree.clauses if isinstance(clause, pst.Unless))
    return frozenset(flow for expr in clauses for flow in _alternatives(expr))


def approvals_named(tree: pst.Template) -> frozenset[str]:
    """Return every flow that a policy looks for in `context.approvals`."""
    return frozenset(flow for node in walk(tree) if (flow := _flow_looked_for(node)))


def walk(node: object) -> Iterator[object]:
    """Yield every node of a policy's tree."""
    stack = [node]
    while stack:
        value = stack.pop()
        if isinstance(value, Mapping):
            stack.extend(value.values())
        elif isinstance(value, tuple):
            stack.extend(value)
        elif type(value).__module__ == pst.__name__:
            yield value
            stack.extend(getattr(value, name) for name in value.__dataclass_fields__)  # type: ignore[attr-defined]  # every node of cedar's tree is a dataclass


def _alternatives(expr: pst.Expr) -> Iterator[str]:
    if isinstance(expr, pst.BinaryOp) and expr.op == "or":
        yield from _alternatives(expr.left)
        yield from _alternatives(expr.right)
    elif flow := _flow_looked_for(expr):
        yield flow


def _flow_looked_for(node: object) -> str:
    match node:
        case pst.BinaryOp(
            op="contains", left=pst.GetAttr(base=pst.Var(name="context"), attr="approvals"), right=pst.StringLit(flow)
        ):
            return flow
        case _:
            return ""


def annotation_place(chunk: Chunk, name: str) -> Place:
    """Return where an annotation's name stands."""
    for before, token in zip(chunk.tokens, chunk.tokens[1:], strict=False):
        if before.text == "@" and token.text == name:
            return chunk.at(token)
    return chunk.place


def _unknown_or_overlong(chunk: Chunk, notes: Mapping[str, str]) -> Iterator[Problem]:
    for name, value in notes.items():
        place = annotation_place(chunk, name)
        if name not in ANNOTATIONS:
            yield Problem(place, f"unknown annotation @{name}", did_you_mean(name, ANNOTATIONS, "@{}"))
        elif len(value) > ANNOTATION_CHARACTERS_MAX or not value.isprintable():
            yield Problem(place, f"@{name} must be one line of at most {ANNOTATION_CHARACTERS_MAX} characters")
        elif not value.strip():
            yield Problem(place, f"@{name} needs a text", f'write @{name}("…")')
    if notes.get("id", "").startswith("deny:"):
        yield Problem(annotation_place(chunk, "id"), "ids that begin with deny: belong to text deny-lists")


def _approval_problems(chunk: Chunk, tree: pst.Template) -> Iterator[Problem]:
    flow = tree.annotations.get("approval", "")
    lifts = lifting_flows(tree) if tree.effect == "forbid" else frozenset()
    if flow and flow not in lifts:
        wanted = f'forbid (…) unless {{ context.approvals.contains("{flow}") }}'
        message = f'@approval("{flow}") belongs on a forbid that this approval lifts'
        yield Problem(annotation_place(chunk, "approval"), message, f"write {wanted}")
    if lifts and not flow:
        names = ", ".join(sorted(lifts))
        message = f"approval by {names} would lift this forbid, but without @approval nobody is asked and it denies"
        yield Problem(chunk.head, message, f'add @approval("{min(lifts)}")', severity="warning")


def _obligations(chunk: Chunk, tree: pst.Template) -> tuple[tuple[Obligation, ...], list[Problem]]:
    found: list[Obligation] = []
    problems: list[Problem] = []
    for name in ("obligation", "obligations"):
        for part in filter(None, (p.strip() for p in tree.annotations.get(name, "").split(","))):
            word, _, value = part.partition(":")
            place = annotation_place(chunk, name)
            if tree.effect != "permit":
                problems.append(Problem(place, "an obligation belongs on a permit: a forbid allows nothing"))
            elif word not in OBLIGATIONS:
                problems.append(Problem(place, f"unknown obligation {word!r}", did_you_mean(word, OBLIGATIONS)))
            elif not (value.isascii() and value.isdigit() and len(value) <= 12):
                problems.append(Problem(place, f"{word} needs a number", f"write {word}:1000"))
            else:
                found.append(Obligation(word, str(int(value))))
    return tuple(found), problems


def combined(obligations: Iterator[Obligation]) -> tuple[Obligation, ...]:
    """Return one obligation per name: the smallest cap, the fullest record."""
    chosen: dict[str, int] = {}
    for obligation in obligations:
        value = int(obligation.value)
        known = chosen.get(obligation.name, value)
        chosen[obligation.name] = min(known, value) if obligation.name.startswith("cap_") else max(known, value)
    return tuple(Obligation(name, str(value)) for name, value in sorted(chosen.items()))
