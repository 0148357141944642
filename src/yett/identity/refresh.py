"""Fetches providers' keys when they are wanted, in the background and for a sign-in that waits."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress

from yett.core.clock import Clock
from yett.identity.fetch import FetchFailed, fetch_keys
from yett.identity.oidc import OidcProvider
from yett.identity.store import IdentityStore


class KeyRefresher:
    """Keeps each provider's keys fresh. At most one fetch per provider is under way at any time."""

    def __init__(self, providers: Mapping[str, OidcProvider], store: IdentityStore, clock: Clock) -> None:
        self._providers = providers
        self._store = store
        self._clock = clock
        self._wanted = {name: asyncio.Event() for name in providers}
        self._ended = {name: asyncio.Event() for name in providers}
        self._fetching: set[str] = set()
        self._running = False

    async def run(self, check_seconds: float) -> None:
        """Fetch keys when they are wanted, for ever. A slow provider doesn't delay the others."""
        self._running = True
        try:
            async with asyncio.TaskGroup() as group:
                for provider in self._providers.values():
                    group.create_task(self._keep_fresh(provider, check_seconds))
        finally:
            self._running = False

    async def once(self) -> None:
        """Fetch the keys of each provider that wants it now."""
        now = self._clock.now()
        async with asyncio.TaskGroup() as group:
            for provider in self._providers.values():
                if provider.keys.wants_refresh(now):
                    group.create_task(self._fetch(provider))

    async def ask(self, provider: OidcProvider, deadline_seconds: float) -> bool:
        """Wait until a fetch has ended; returns whether one has, within the deadline.

        A provider is asked no more often than its settings say, whatever strangers send.
        """
        under_way = provider.name in self._fetching
        if not under_way and not provider.keys.wants_refresh(self._clock.now()):
            return False
        try:
            async with asyncio.timeout(deadline_seconds):
                if not under_way and not self._running:
                    await self._fetch(provider)
                    return True
                ended = self._ended[provider.name]
                self._wanted[provider.name].set()
                await ended.wait()
        except TimeoutError:
            return False
        return True

    async def _keep_fresh(self, provider: OidcProvider, check_seconds: float) -> None:
        wanted = self._wanted[provider.name]
        while True:
            wanted.clear()
            if provider.keys.wants_refresh(self._clock.now()):
                await self._fetch(provider)
            with suppress(TimeoutError):
                async with asyncio.timeout(check_seconds):
                    await wanted.wait()

    async def _fetch(self, provider: OidcProvider) -> None:
        keys = provider.keys
        keys.trying(self._clock.now())
        self._fetching.add(provider.name)
        try:
            document = await asyncio.to_thread(fetch_keys, provider.settings)
            kept = keys.learn(document, self._clock.now())
            await asyncio.to_thread(self._store.keep_keys, kept)
        except (FetchFailed, ValueError) as error:
            keys.failed(error.message if isinstance(error, FetchFailed) else str(error))
        except Exception as error:  # noqa: BLE001  the keys are in use; they are only not kept for a start without a network
            keys.problem = f"the keys could not be kept: {type(error).__name__}"
        finally:
            self._fetching.discard(provider.name)
            # Who waits holds this event; the next fetch gets a new one.
            self._ended[provider.name].set()
            self._ended[provider.name] = asyncio.Event()
