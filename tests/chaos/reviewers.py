"""The reviewers of a round: they see what waits over the HTTP API, and answer as it was drawn, also racing."""

import json
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from typing import Any

from chaos.accounting import Answer
from chaos.acts import CHANGED, Wire, act_in, binary_value

_AWAY_SECONDS = 0.05
_TURNS_MAX = 4


@dataclass(frozen=True, slots=True)
class Reply:
    """How a ticket of an act is answered, `after` so many seconds.

    `how` is yes, no, race (two say yes at once), split (a yes and a no at once), then-no (a yes, and at once a no),
    pair (two, one after the other), same (one who says yes twice, and another who says no), or silence. `again` is the
    answer where the act is asked about once more.
    """

    how: str
    after: float = 0.0
    again: bool = True


@dataclass(slots=True)
class Reviewers:
    """Answers what waits until `stop`. `token` gives a person's; everybody is another person in each round.

    `on_ticket` is called when a ticket was seen, `on_answer` right before a yes is sent.
    """

    port: int
    round: int
    token: Callable[[str], str]
    replies: Mapping[str, Reply]
    on_answer: Callable[[], None]
    on_ticket: Callable[[], None]
    answers: list[Answer] = field(default_factory=list)
    _tokens: dict[str, str] = field(default_factory=dict)
    _seen: dict[str, list[str]] = field(default_factory=dict)
    _known: set[str] = field(default_factory=set)
    _over: threading.Event = field(default_factory=threading.Event)
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(12))
    _watcher: threading.Thread | None = None

    def start(self) -> None:
        """Begin to look."""
        self._tokens = {who: self.token(f"{who}-{self.round}") for who in ("dana", "dora", "wanda")}
        self._watcher = threading.Thread(target=self._watch)
        self._watcher.start()

    def stop(self) -> None:
        """Look no more; returns when everything that was begun has its answer."""
        self._over.set()
        if self._watcher is not None:
            self._watcher.join()
        self._pool.shutdown(wait=True)

    def _watch(self) -> None:
        cursor = ""
        while not self._over.is_set():
            path = f"/api/approvals/watch?wait=1&since={cursor}" if cursor else "/api/approvals?state=open"
            status, said = self._call("wanda", "GET", path)
            if status != 200:
                cursor = ""
                self._over.wait(_AWAY_SECONDS * (6 if status == 429 else 1))
                continue
            cursor = said["cursor"]
            for line in said["tickets"]:
                if line["state"] == "open" and line["id"] not in self._known:
                    self._known.add(line["id"])
                    self._pool.submit(self._answer, line["id"])

    def _answer(self, ticket: str) -> None:
        status, shown = self._call("wanda", "GET", f"/api/approvals/{ticket}")
        if status != 200:
            self._look_again(ticket)
            return
        found = act_in(wire_of(shown))
        if found is None or found[0] not in self.replies:
            return
        self.on_ticket()
        name, amount = found
        turns = self._seen.setdefault(name, [])
        if ticket not in turns:
            turns.append(ticket)
        turn, reply = turns.index(ticket), self.replies[name]
        self._over.wait(reply.after)
        if amount >= CHANGED:
            self._vote(ticket, shown, "dana", yes=False)
        elif turn:
            self._vote(ticket, shown, "dana", yes=reply.again and turn < _TURNS_MAX)
        else:
            self._reply(ticket, shown, reply.how)

    def _look_again(self, ticket: str) -> None:
        """Have a ticket seen once more, should it still be open: the gate was away."""
        self._over.wait(_AWAY_SECONDS)
        self._known.discard(ticket)

    def _reply(self, ticket: str, shown: dict[str, Any], how: str) -> None:
        match how:
            case "yes" | "no":
                self._vote(ticket, shown, "dana", yes=how == "yes")
            case "race" | "split":
                self._together(
                    lambda: self._vote(ticket, shown, "dana", yes=True),
                    lambda: self._vote(ticket, shown, "dora", yes=how == "race"),
                )
            case "then-no":
                self._vote(ticket, shown, "dana", yes=True)
                self._vote(ticket, shown, "dora", yes=False)
            case "pair":
                self._vote(ticket, shown, "dana", yes=True)
                self._vote(ticket, shown, "dora", yes=True)
            case "same":
                self._vote(ticket, shown, "dana", yes=True)
                self._vote(ticket, shown, "dana", yes=True)
                self._vote(ticket, shown, "dora", yes=False)
            case _:
                return

    def _together(self, *acts: Callable[[], None]) -> None:
        gate = threading.Barrier(len(acts))

        def begin(act: Callable[[], None]) -> None:
            gate.wait(5)
            act()

        threads = [threading.Thread(target=begin, args=(act,)) for act in acts]
        for one in threads:
            one.start()
        for one in threads:
            one.join()

    def _vote(self, ticket: str, shown: dict[str, Any], who: str, *, yes: bool) -> None:
        body = {"seen": shown["digest"], "reason": "chaos"} if yes else {"reason": "chaos"}
        if yes:
            self.on_answer()
        status, said = self._call(who, "POST", f"/api/approvals/{ticket}/{'approve' if yes else 'deny'}", body)
        taken = status == 200
        if not status:
            self._look_again(ticket)
        code = "" if taken else str(said.get("code", status))
        self.answers.append(Answer(ticket, f"corp/{who}-{self.round}", yes, str(said["state"]) if taken else "", code))

    def _call(self, who: str, method: str, path: str, body: object = None) -> tuple[int, dict[str, Any]]:
        """Return the status and the answer; 0 where the gate is away, so that nobody knows what became of it."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        headers = {"Authorization": f"Bearer {self._tokens[who]}", "Content-Type": "application/json"}
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            text = answer.read()
            return answer.status, json.loads(text) if text else {}
        except (OSError, HTTPException, ValueError):
            return 0, {}
        finally:
            connection.close()


def wire_of(shown: Mapping[str, Any]) -> Wire:
    """Return the statement that a reviewer is shown."""
    return str(shown["statement"]), tuple(_text(str(one["text"])) for one in shown["parameters"])


def _text(shown: str) -> str:
    """Return a value as PostgreSQL writes it; a binary one of no declared type is shown in hexadecimal."""
    return binary_value(bytes.fromhex(shown[2:])) if shown.startswith("\\x") else shown
