"""Asks a program for a target's credential, within a time and size limit, and keeps the answer for a while."""

import asyncio
import os
import signal
from contextlib import suppress

import msgspec

from yett.core.clock import Clock
from yett.core.errors import UpstreamFailed
from yett.credentials.settings import FromCommand
from yett.credentials.target import TargetCredential, checked

_BYTES_MAX = 64 << 10


class _Printed(msgspec.Struct, frozen=True):
    """What a program prints that gives both parts."""

    user: str
    password: str


class CommandSource:
    """A program's output; one run at a time, its answer shared by all sessions until it is too old."""

    def __init__(self, settings: FromCommand, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._lock = asyncio.Lock()
        self._kept: TargetCredential | None = None
        self._fetched_at = 0.0

    async def fetch(self) -> TargetCredential:
        """Return the credential that the program printed last, asking again when that is older than `keep`."""
        async with self._lock:
            if self._kept is None or self._clock.monotonic() - self._fetched_at >= self._settings.keep:
                self._kept = None
                self._kept = self._understood(await self._output())
                self._fetched_at = self._clock.monotonic()
            return self._kept

    def forget(self) -> None:
        """Drop the kept answer."""
        self._kept = None

    async def _output(self) -> bytes:
        pipe, null = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
        try:
            process = await asyncio.create_subprocess_exec(
                *self._settings.command, stdin=null, stdout=pipe, stderr=null, start_new_session=True
            )
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", "") or type(error).__name__
            raise self._failed("can't be started", why) from None
        try:
            async with asyncio.timeout(self._settings.timeout):
                return await self._read(process)
        except TimeoutError:
            raise self._failed("gave no answer within", f"{self._settings.timeout:g} s") from None
        finally:
            await _end(process)

    async def _read(self, process: asyncio.subprocess.Process) -> bytes:
        stream = process.stdout
        assert stream is not None
        parts: list[bytes] = []
        while part := await stream.read(_BYTES_MAX):
            parts.append(part)
            if sum(map(len, parts)) > _BYTES_MAX:
                raise self._failed("printed more than", f"{_BYTES_MAX} bytes")
        if status := await process.wait():
            raise self._failed("ended with status", str(status))
        return b"".join(parts)

    def _understood(self, output: bytes) -> TargetCredential:
        if self._settings.login:
            with suppress(UnicodeDecodeError):
                return checked(self._settings.login, output.decode().rstrip("\r\n"))
            raise self._failed("printed what is not UTF-8 text")
        try:
            printed = msgspec.json.decode(output, type=_Printed)
        except msgspec.DecodeError:
            raise self._failed("did not print a JSON object with `user` and `password`") from None
        return checked(printed.user, printed.password)

    def _failed(self, *what: str) -> UpstreamFailed:
        # Neither the arguments nor the output are shown: both may hold secrets.
        program = self._settings.command[0]
        hint = "run it by hand as the gate's user; its standard error is not kept"
        return UpstreamFailed(
            f"the credential command {program} {' '.join(what)}", code="credential_unavailable", hint=hint
        )


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # the program may have started others
        await process.wait()
