"""The way of every call of the API: who calls, what they send, the record of it, and the answer or the problem."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from yett.admin.bodies import Body, read_body
from yett.admin.callers import Caller, Reception
from yett.admin.problems import ApiProblem, json_answer, problem_answer, status_of
from yett.core.errors import RecordingFailed, YettError

_log = structlog.get_logger("yett.admin")

T = TypeVar("T", bound=Body)


@dataclass(slots=True)
class Call:
    """One call of somebody who is known. `noted` is what the record says of it beside who, what and how it ended."""

    name: str
    caller: Caller
    request: Request
    noted: dict[str, object] = field(default_factory=dict)

    async def body(self, kind: type[T]) -> T:
        """Return what was sent. Raises ApiProblem."""
        return await read_body(self.request, kind)

    def path(self, name: str) -> str:
        """Return a part of the path."""
        return str(self.request.path_params[name])


Answering = Callable[[Call], Awaitable[object]]


class Calls:
    """Makes endpoints. `record` writes into the audit trail and raises RecordingFailed: then nothing is answered."""

    def __init__(
        self, reception: Reception, record: Callable[[str, Mapping[str, object]], None], fresh_seconds: float
    ) -> None:
        self._reception = reception
        self._record = record
        self._fresh_seconds = fresh_seconds

    def endpoint(self, name: str, answer: Answering) -> Callable[[Request], Awaitable[Response]]:
        """Return the endpoint that answers as `answer` says; problems become RFC 9457's, faults tell nothing."""

        async def endpoint(request: Request) -> Response:
            try:
                call = Call(name, await self._reception.caller(request), request)
                return json_answer(await self._answered(call, answer))
            except ApiProblem as problem:
                return problem_answer(problem, self._fresh_seconds)
            except YettError as error:
                return problem_answer(_as_problem(error))
            except ClientDisconnect:
                return Response(status_code=400)
            except Exception as fault:  # noqa: BLE001  whatever fails here, the caller is told no more than that
                _log.error("fault", where=f"api {name}", exc_info=fault)
                return problem_answer(ApiProblem("api_fault", hint="the gate's log has more"))

        return endpoint

    async def _answered(self, call: Call, answer: Answering) -> object:
        try:
            body = await answer(call)
        except YettError as error:
            self._note(call, error.code)
            raise
        except BaseException:
            self._note(call, "fault")
            raise
        self._note(call, "ok")
        return body

    async def still(self, call: Call) -> None:
        """Raise ApiProblem where the caller was revoked, or their time was up, while the call went on."""
        await self._reception.still(call.request)

    def asked(self, call: Call) -> None:
        """Record that somebody is about to change something, before it changes."""
        self._record("api_asked", self._facts(call))

    def _note(self, call: Call, outcome: str) -> None:
        self._record("api_called", {**self._facts(call), "outcome": outcome})

    def _facts(self, call: Call) -> dict[str, object]:
        who = call.caller.principal
        return {
            "call": call.name,
            "principal": who.key,
            "token": str(who.token_id),
            "address": call.caller.address,
            **call.noted,
        }


def _as_problem(error: YettError) -> ApiProblem:
    if isinstance(error, RecordingFailed):
        return ApiProblem("recording_failed", error.message, hint=error.hint, status=503)
    return ApiProblem(error.code, error.message, hint=error.hint, status=status_of(error.code, 400))
