"""What policy answers: a verdict, with its reasons and what it obliges the gate to do."""

from dataclasses import dataclass, field

from yett.core.ids import PolicyVersion
from yett.core.masks import Cover
from yett.core.operations import Operation
from yett.core.targets import Access


@dataclass(frozen=True, slots=True)
class Obligation:
    """Something that must be done to the answer of an allowed operation (`cap_rows`, `record_rows` …)."""

    name: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Allow:
    """The operation may go on, once its obligations are met.

    `covers` say for each statement, and each column of its answer, what must become of the values; empty where
    nothing is covered.
    """

    obligations: tuple[Obligation, ...] = ()
    covers: tuple[tuple[Cover, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Deny:
    """The operation must not reach the target.

    `code` is stable (`policy_forbids`, `no_policy_permits`, `deny_list`, `not_understood`, `inspection_failed` …).
    """

    code: str
    reason: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Rewrite:
    """The operation goes on in other words; what is judged is what will be sent."""

    operation: Operation


@dataclass(frozen=True, slots=True)
class Hold:
    """The operation waits for a person: it would be allowed with the approvals of these flows."""

    flows: tuple[str, ...]
    reason: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Terminate:
    """The whole session must end."""

    code: str
    reason: str


Verdict = Allow | Deny | Rewrite | Hold | Terminate


@dataclass(frozen=True, slots=True)
class Decision:
    """A verdict with its grounds: the policies that determined it and the version they were read at.

    `decided_by` names the interceptor; `access` is the first access that was refused, where one was.
    """

    verdict: Verdict
    policies: tuple[str, ...] = ()
    policy_version: PolicyVersion = PolicyVersion("")
    decided_by: str = ""
    access: Access | None = None
    notes: tuple[str, ...] = field(default=())
