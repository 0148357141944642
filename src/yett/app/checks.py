"""Checks everything that yett.toml names: policies, files, credentials, providers, targets."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from yett.app.certificates import certificate_findings
from yett.app.findings import Finding, State, failed, ok
from yett.app.gate import credential_sources, entries
from yett.app.label_checks import labelled_keys, spelling_findings
from yett.app.lease_checks import lease_findings
from yett.app.policies import load_engine
from yett.app.preflight import start_problems
from yett.app.stores import identity_store
from yett.app.target_checks import Expected, target_findings
from yett.config import Config
from yett.core.clock import Clock
from yett.core.errors import AuthenticationFailed, UpstreamFailed
from yett.credentials.settings import FromCommand, FromEphemeral
from yett.credentials.sources import FileSource
from yett.credentials.vault_settings import FromVault
from yett.identity.identity import Identity
from yett.identity.store import MemoryIdentityStore
from yett.policy.engine import PolicyEngine
from yett.policy.problems import PolicyProblems, Problem
from yett.storage.database import DATABASE

_OTHERS_MAY_READ = 0o044


async def check_all(config: Config, clock: Clock, *, offline: bool) -> AsyncIterator[Finding]:
    """Yield a finding for each thing that was checked; with `offline` nothing leaves this machine."""
    yield ok("settings", str(config.file))
    if config.data.exists():
        for problem in start_problems(config):
            yield failed("data folder", problem)
    engine, about_policies = _policies(config, clock)
    for finding in (
        *about_policies,
        *spelling_findings(config),
        *certificate_findings(config, clock.now()),
        *_bound(config, clock),
    ):
        yield finding
    async for finding in _providers(config, clock, offline=offline):
        yield finding
    async for finding in _targets(config, engine, clock, offline=offline):
        yield finding


def _policies(config: Config, clock: Clock) -> tuple[PolicyEngine | None, list[Finding]]:
    try:
        engine = load_engine(config, clock)
    except PolicyProblems as found:
        return None, [_policy(config, one) for one in found.problems]
    loaded = ok("policies", f"{len(engine.policies.rules)} in {config.policies}, version {engine.version}")
    return engine, [loaded, *(_policy(config, one) for one in engine.policies.warnings)]


def _policy(config: Config, problem: Problem) -> Finding:
    state: State = "fail" if problem.severity == "error" else "warn"
    place = f"{config.policies / problem.file}:{problem.line}:{problem.column}"
    return Finding("policies", state, f"{place}: {problem.message}", problem.hint, problem.code)


def _bound(config: Config, clock: Clock) -> Iterator[Finding]:
    bound = [one.bound for one in config.settings.listeners if one.bound]
    if not bound or not (config.data / DATABASE).exists():
        return
    with identity_store(config) as store:
        identity = Identity(config.settings.identity, store, clock)
        identity.load()
        for name in bound:
            try:
                identity.bound(name)
                yield ok(f"principal {name}", "exists; its listener asks for no credential")
            except AuthenticationFailed as error:
                hint = "add it: `yett agent add`, `yett service add` or `yett user add`"
                yield Finding(
                    f"principal {name}", "fail", "a listener is bound to it, and it does not count", hint, error.code
                )


async def _providers(config: Config, clock: Clock, *, offline: bool) -> AsyncIterator[Finding]:
    settings = config.settings.identity
    if not settings.oidc:
        return
    if offline and not all(one.jwks_file for one in settings.oidc.values()):
        yield Finding("providers", "skip", "their keys are not fetched offline")
        return
    identity = Identity(settings, MemoryIdentityStore(), clock)
    await identity.refresh_keys()
    problems = identity.key_problems()
    for name, one in settings.oidc.items():
        if name in problems:
            hint = "check the issuer's address, the network, and `ca`"
            yield Finding(
                f"provider {name}", "fail", f"its keys cannot be had: {problems[name]}", hint, "keys_unavailable"
            )
        else:
            yield ok(f"provider {name}", f"keys of {one.issuer}")


async def _targets(
    config: Config, engine: PolicyEngine | None, clock: Clock, *, offline: bool
) -> AsyncIterator[Finding]:
    sources = credential_sources(config, clock)
    for name, entry in entries(config).items():
        subject, source = f"resource {name}", sources[name]
        credential = config.settings.resources[name].credential
        static = credential.admin if isinstance(credential, FromEphemeral) else credential
        if offline and isinstance(static, FromCommand | FromVault):
            yield Finding(subject, "skip", "its credential is not asked for offline")
            continue
        try:
            await source.fetch()
        except UpstreamFailed as error:
            where = config.where("resources", name, "credential")
            yield Finding(subject, "fail", f"{where}: {error.message}", error.hint, error.code)
            continue
        if isinstance(source, FileSource):
            for finding in _modes(subject, source.files()):
                yield finding
        if offline:
            yield ok(subject, "its credential can be read; the target is not tried offline")
            continue
        leases = isinstance(credential, FromEphemeral)
        expected = Expected(engine, labelled_keys(config, name), makes_roles=leases)
        async for finding in target_findings(subject, entry, source, expected, clock):
            yield finding
        if leases:
            async for finding in lease_findings(entry, source):
                yield finding


def _modes(subject: str, files: tuple[Path, ...]) -> Iterator[Finding]:
    for path in files:
        if path.stat().st_mode & _OTHERS_MAY_READ:
            yield Finding(subject, "warn", f"{path} can be read by other users", f"chmod 600 {path}", "file_exposed")


def run_checks(config: Config, clock: Clock, *, offline: bool) -> list[Finding]:
    """Return what `check_all` yields."""

    async def collect() -> list[Finding]:
        return [finding async for finding in check_all(config, clock, offline=offline)]

    return asyncio.run(collect())
