"""A stuck event loop lets its clients go, and runs on as if nothing had been when it is free again."""

import asyncio
import socket
import threading
import time

from yett.gateway.lifeguard import Lifeguard


def test_clients_of_a_stuck_loop_are_let_go_and_new_ones_turned_away():
    listening = socket.create_server(("127.0.0.1", 0))
    listening.setblocking(False)
    port = listening.getsockname()[1]
    client = socket.create_connection(("127.0.0.1", port), timeout=5)
    time.sleep(0.05)
    inside = listening.accept()[0]
    told: list[float] = []
    stuck, free = threading.Event(), threading.Event()

    def watch() -> None:
        stuck.wait()
        began = time.monotonic()
        assert client.recv(1) == b""
        told.append(time.monotonic() - began)
        with socket.create_connection(("127.0.0.1", port), timeout=5) as late:
            assert late.recv(1) == b""
        told.append(time.monotonic() - began)
        free.set()

    async def main() -> None:
        guard = Lifeguard(
            lambda: [inside.fileno()], lambda: [listening.fileno()], patience_seconds=0.4, beat_seconds=0.05
        )
        guard.start()
        await asyncio.sleep(0.8)
        stuck.set()
        free.wait(5)  # as in a write to a disk that hangs
        await asyncio.sleep(0.2)
        guard.stop()

    watcher = threading.Thread(target=watch)
    watcher.start()
    asyncio.run(main())
    watcher.join(5)
    for one in (inside, client, listening):
        one.close()
    assert len(told) == 2
    assert 0.2 < told[0] < 2


def test_a_loop_that_runs_keeps_its_clients():
    ours, theirs = socket.socketpair()

    async def main() -> None:
        guard = Lifeguard(lambda: [theirs.fileno()], list, patience_seconds=0.1, beat_seconds=0.02)
        guard.start()
        for _ in range(30):
            await asyncio.sleep(0.02)
        guard.stop()

    asyncio.run(main())
    theirs.send(b"x")
    assert ours.recv(1) == b"x"
    ours.close()
    theirs.close()
