"""Notifications, to a receiver that listens and checks: what is said, who says it, what happens when it is away."""

import asyncio
import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec
import pytest
import structlog

from yett.core.approvals import Asked, Ticket, TicketState
from yett.telemetry import webhooks
from yett.telemetry.webhook_settings import SecretFromEnv, SecretFromFile, WebhookSettings
from yett.telemetry.webhook_signing import is_signed, signature
from yett.telemetry.webhooks import Webhooks

SECRET = "a secret that both sides know"
ADDRESS = "https://gate.example.com"
MARKER = b"planted-value-4711"


def ticket(number=1):
    asked = Asked(
        principal="corp/support-bot",
        kind="Agent",
        on_behalf_of="corp/ana",
        groups=(),
        run="corp/run-17",
        resource="orders",
        env="prod",
        session="s",
        sequence=1,
        address="10.0.0.5",
        program="psql",
        flows=("dba",),
        reason="writes are reviewed",
        policies=("p",),
        policy_version="v",
        operation="UPDATE",
        statement=b"UPDATE orders SET note = '" + MARKER + b"'",
        parameters=((25, 0, MARKER),),
        digest=b"d" * 32,
        shown={"targets": MARKER.decode()},
    )
    return Ticket(f"aaaaa-{number:05}", TicketState.OPEN, asked, 1_800_000_000.0, 1_800_000_900.0)


class Receiver:
    """A real HTTP server; `answers` are the statuses it gives, the last one for good."""

    def __init__(self, *answers):
        self.got, self.answers = [], list(answers or (200,))
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append((self.path, dict(self.headers), body))
                status = receiver.answers.pop(0) if len(receiver.answers) > 1 else receiver.answers[0]
                self.send_response(status)
                if status in {301, 302, 307, 308}:
                    self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hooks/yett?team=dba"


@contextmanager
def receiving(*answers):
    receiver = Receiver(*answers)
    thread = threading.Thread(target=receiver.server.serve_forever)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.server.shutdown()
        receiver.server.server_close()
        thread.join(10)


def settings(url, **more):
    return WebhookSettings(url=url, secret=SecretFromEnv(name="HOOK"), **more)


def told(hooks, *, until, kinds=("asked",), tickets=1):
    """Tell, and let it send until the condition holds."""

    async def send():
        running = asyncio.ensure_future(hooks.run())
        for number in range(tickets):
            for kind in kinds:
                hooks.tell(["chat"], kind, ticket(number), "corp/dana", "why not")
        async with asyncio.timeout(20):
            while not until():  # noqa: ASYNC110  what is waited for is a counter
                await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(send())


def hooks_for(url, **more):
    quick = {"pause_seconds": 0.02, "give_up_seconds": 3.0}
    environ = more.pop("environ", {"HOOK": SECRET})
    times = {name: more.pop(name, value) for name, value in quick.items()}
    return Webhooks({"chat": settings(url, **more)}, ADDRESS, environ, **times)


def test_a_receiver_is_told_and_can_check_who_told_it():
    with receiving() as receiver:
        hooks = hooks_for(receiver.url)
        told(hooks, until=lambda: hooks.outcomes["chat", "sent"])
    ((path, headers, body),) = receiver.got
    assert path == "/hooks/yett?team=dba"
    assert is_signed(SECRET.encode(), body, headers["Yett-Signature"], time.time())
    said = json.loads(body)
    assert (said["event"], said["id"], said["by"]) == ("approval.asked", headers["Yett-Id"], "corp/dana")
    assert said["ticket"]["url"] == "https://gate.example.com/api/approvals/aaaaa-00000"
    assert (said["ticket"]["principal"], said["ticket"]["on_behalf_of"]) == ("corp/support-bot", ["corp/ana"])
    assert "yett approvals show aaaaa-00000" in said["text"]


def test_nothing_of_the_statement_is_said_unless_asked_for():
    with receiving() as receiver:
        hooks = hooks_for(receiver.url)
        told(hooks, until=lambda: hooks.outcomes["chat", "sent"])
        assert MARKER not in receiver.got[0][2]
        hooks = hooks_for(receiver.url, statement=True)
        told(hooks, until=lambda: hooks.outcomes["chat", "sent"])
    said = json.loads(receiver.got[1][2])
    assert MARKER.decode() in said["statement"]
    assert "parameters" not in said["ticket"]


def test_a_receiver_is_told_only_of_what_it_wants():
    with receiving() as receiver:
        hooks = hooks_for(receiver.url, events=("denied",))
        told(hooks, kinds=("asked", "approved", "denied"), until=lambda: hooks.outcomes["chat", "sent"])
    assert [json.loads(body)["event"] for _, _, body in receiver.got] == ["approval.denied"]


def test_it_is_tried_again_with_a_new_signature_and_the_same_id():
    with receiving(503, 429, 200) as receiver:
        hooks = hooks_for(receiver.url)
        told(hooks, until=lambda: hooks.outcomes["chat", "sent"])
    assert len(receiver.got) == 3
    assert len({headers["Yett-Id"] for _, headers, _ in receiver.got}) == 1
    assert all(is_signed(SECRET.encode(), body, one["Yett-Signature"], time.time()) for _, one, body in receiver.got)


@pytest.mark.parametrize("status", [400, 401, 404, 302, 307])
def test_a_refusal_is_final_and_a_redirect_is_not_followed(status):
    with receiving(status) as receiver:
        hooks = hooks_for(receiver.url)
        told(hooks, until=lambda: hooks.outcomes["chat", "failed"])
    assert [path for path, _, _ in receiver.got] == ["/hooks/yett?team=dba"]


def test_a_receiver_that_is_away_is_given_up_and_the_next_notification_has_its_own_time():
    with receiving() as receiver:
        gone = receiver.url
    hooks = hooks_for(gone, give_up_seconds=0.3)
    told(hooks, tickets=3, until=lambda: hooks.outcomes["chat", "failed"] == 3)


def test_telling_never_waits_and_the_queue_is_bounded(monkeypatch):
    monkeypatch.setattr(webhooks, "WAITING_MAX", 5)
    hooks = hooks_for("http://127.0.0.1:9/")
    began = time.monotonic()
    for number in range(12):
        hooks.tell(["chat", "nobody"], "asked", ticket(number))
    assert time.monotonic() - began < 1
    assert hooks.outcomes["chat", "failed"] == 7


@pytest.mark.parametrize("environ", [{}, {"HOOK": ""}, {"HOOK": "short"}])
def test_without_its_secret_nothing_is_sent(environ):
    with receiving() as receiver:
        hooks = hooks_for(receiver.url, environ=environ, give_up_seconds=0.1)
        told(hooks, until=lambda: hooks.outcomes["chat", "failed"])
    assert receiver.got == []


def test_a_secret_in_a_file_is_read_at_each_use(tmp_path):
    (tmp_path / "hook").write_text(SECRET + "\n")
    with receiving() as receiver:
        chosen = WebhookSettings(url=receiver.url, secret=SecretFromFile(path=str(tmp_path / "hook")))
        hooks = Webhooks({"chat": chosen}, ADDRESS)
        told(hooks, until=lambda: hooks.outcomes["chat", "sent"])
    _, headers, body = receiver.got[0]
    assert is_signed(SECRET.encode(), body, headers["Yett-Signature"], time.time())


def test_logs_hold_neither_secret_nor_values_nor_the_address():
    # A chat's webhook address is itself a secret.
    with receiving(404) as receiver, structlog.testing.capture_logs() as logs:
        hooks = hooks_for(receiver.url)
        told(hooks, until=lambda: hooks.outcomes["chat", "failed"])
    text = repr(logs)
    assert "notification not sent" in text
    assert SECRET not in text
    assert MARKER.decode() not in text
    assert "hooks/yett" not in text


def test_a_signature_fits_one_body_one_secret_and_a_while():
    signed = signature(b"s" * 16, b"body", 1000)
    assert is_signed(b"s" * 16, b"body", signed, 1000)
    assert is_signed(b"s" * 16, b"body", signed, 1299)
    for secret, body, header, now in (
        (b"t" * 16, b"body", signed, 1000),
        (b"s" * 16, b"bodY", signed, 1000),
        (b"s" * 16, b"body", signed, 1301),
        (b"s" * 16, b"body", signed.replace("t=1000", "t=1001"), 1000),
        (b"s" * 16, b"body", "", 1000),
        (b"s" * 16, b"body", signed.upper(), 1000),
    ):
        assert not is_signed(secret, body, header, now)


@pytest.mark.parametrize(
    "url", ["http://chat.example.com/", "ftp://x", "//x", "http://localhost.evil.example/", "https://", "https://x:0/"]
)
def test_an_address_that_others_could_read_is_refused(url):
    with pytest.raises(ValueError, match="url"):
        settings(url)


def test_a_secret_is_named_by_reference_only():
    read = lambda text: msgspec.json.decode(text, type=WebhookSettings)  # noqa: E731 - two words for what is long
    assert read('{"url": "https://x", "secret": {"from": "env", "name": "HOOK"}}').secret == SecretFromEnv(name="HOOK")
    with pytest.raises(msgspec.ValidationError):
        read('{"url": "https://x", "secret": "in the clear"}')
