"""There is one way to a permit, and whatever goes wrong on it is a refusal."""

import pytest

from yett.core.decisions import Allow, Decision, Deny, Hold, Terminate
from yett.core.errors import RecordingFailed
from yett.core.ids import SessionId
from yett.core.operations import Operation
from yett.core.permits import Permit
from yett.core.principals import Principal, PrincipalKind
from yett.core.sessions import ClientFacts, Session
from yett.core.targets import Access, Effect, Resource, Target
from yett.interceptors.chain import Chain
from yett.interceptors.seat import Seat
from yett.protocols._wire.questions import Inspect

SESSION = Session(
    SessionId("s1"),
    Principal(PrincipalKind.USER, "corp", "ada", "Ada"),
    Resource("orders", "postgres"),
    ClientFacts("127.0.0.1"),
    0.0,
)
ASKED = Inspect(
    7, "statement", Operation("postgres", "SELECT", "", (Access(Effect.READ, Target("orders")),)), b"SELECT"
)
ALLOWED = Decision(Allow())


class Recorder:
    """Notes what it is told, or fails as a full disk would."""

    def __init__(self, *, works: bool = True) -> None:
        self.works = works
        self.told: list[tuple[object, ...]] = []

    def intend(self, *facts: object, **_more: object) -> None:
        if not self.works:
            raise RecordingFailed("the disk is full", code="recording_disk_full")
        self.told.append(("intended", *facts))

    def outcome(self, *facts: object, **_more: object) -> None:
        self.told.append(("outcome", *facts))


def seat(recorder: Recorder) -> Seat:
    return Seat(SESSION, recorder, lambda: None)  # type: ignore[arg-type]  # what a chain needs of it


def answers(decision: Decision | None):
    return lambda _seat, _question: decision


def breaks(_seat: Seat, _question: Inspect) -> Decision | None:
    raise KeyError("a fault with SELECT secret FROM payroll in its text")


def test_an_allowed_operation_is_intended_before_it_has_its_permit() -> None:
    recorder = Recorder()
    decision, permit = Chain([answers(None), answers(ALLOWED)]).admit(seat(recorder), ASKED)
    assert permit is not None
    assert (permit.session, permit.sequence, permit.decision) == (SESSION.id, 7, decision)
    assert [what for what, *_ in recorder.told] == ["intended"]
    assert recorder.told[0][1:4] == (7, "statement", b"SELECT")


def test_the_first_interceptor_that_answers_decides() -> None:
    denied = Decision(Deny("rate_limited", "too fast"))
    decision, permit = Chain([answers(denied), answers(ALLOWED)]).admit(seat(Recorder()), ASKED)
    assert (decision, permit) == (denied, None)


def test_a_fault_in_an_interceptor_is_a_denial_without_the_faults_words() -> None:
    recorder = Recorder()
    decision, permit = Chain([breaks, answers(ALLOWED)]).admit(seat(recorder), ASKED)
    assert permit is None
    assert isinstance(decision.verdict, Deny)
    assert decision.verdict.code == "inspection_failed"
    assert "secret" not in decision.verdict.reason
    assert [what for what, *_ in recorder.told] == ["intended", "outcome"]


def test_a_fault_is_told_to_whoever_must_mend_it() -> None:
    told: list[tuple[Seat, Exception]] = []
    asking = seat(Recorder())
    Chain([breaks], on_fault=lambda *one: told.append(one)).judge(asking, ASKED)
    assert [(who, type(fault)) for who, fault in told] == [(asking, KeyError)]


def test_where_nobody_decides_it_is_denied() -> None:
    decision, permit = Chain([answers(None)]).admit(seat(Recorder()), ASKED)
    assert permit is None
    assert isinstance(decision.verdict, Deny)


def test_what_cannot_be_recorded_is_not_allowed() -> None:
    decision, permit = Chain([answers(ALLOWED)]).admit(seat(Recorder(works=False)), ASKED)
    assert permit is None
    assert isinstance(decision.verdict, Deny)
    assert decision.verdict.code == "recording_disk_full"


@pytest.mark.parametrize(
    ("verdict", "status"),
    [
        (Deny("no_policy_permits", "no"), "denied"),
        (Hold(("dba",), "writes are reviewed"), "held"),
        (Terminate("identity_ended", "revoked"), "denied"),
    ],
)
def test_whatever_is_no_allow_has_no_permit_and_its_outcome_on_record(verdict, status) -> None:
    recorder = Recorder()
    _, permit = Chain([answers(Decision(verdict))]).admit(seat(recorder), ASKED)
    assert permit is None
    assert recorder.told[1][:3] == ("outcome", 7, status)


@pytest.mark.parametrize("verdict", [Deny("no", "no"), Hold(("dba",), "no"), Terminate("no", "no")])
def test_a_permit_cannot_be_made_of_anything_but_an_allow(verdict) -> None:
    with pytest.raises(TypeError):
        Permit(SESSION.id, 1, Decision(verdict))
