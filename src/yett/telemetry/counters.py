"""What is counted while sessions run: plain numbers per resource, read only when somebody scrapes."""

from collections import Counter

from yett.core.targets import Resource
from yett.telemetry.histogram import Histogram


class ResourceCounters:
    """The numbers of one resource. All its sessions add to them directly: the gate has one thread.

    `allowed`, `denied`, `held` and `terminated` count operations by verdict; `sessions` counts ended sessions by
    outcome (`closed`, `denied`, `upstream_failed`, `recording_failed`, `expired`, `revoked`, `drained`, `limit` …).
    `matches` counts values by which rows were looked up in labelled columns.
    `decision` is the time from a parsed request to its verdict; `upstream` from forwarding to the end of the answer.
    """

    __slots__ = (
        "allowed", "bytes_from_client", "bytes_to_client", "decision",
        "denials", "denied", "held", "matches", "rows", "sessions", "sessions_open", "terminated", "upstream",
    )  # fmt: skip  # a list of words

    def __init__(self) -> None:
        self.sessions_open = 0
        self.sessions: Counter[str] = Counter()
        self.allowed = self.denied = self.held = self.terminated = 0
        self.denials: Counter[str] = Counter()
        self.bytes_from_client = self.bytes_to_client = 0
        self.rows = 0
        self.matches = 0
        self.decision = Histogram()
        self.upstream = Histogram()


class GateCounters:
    """The numbers of the whole gate."""

    __slots__ = ("_by_identity", "_resources", "logins", "policy_reloads")

    def __init__(self) -> None:
        self._resources: dict[tuple[str, str], ResourceCounters] = {}
        self._by_identity: dict[int, tuple[Resource, ResourceCounters]] = {}
        self.logins: Counter[tuple[str, str]] = Counter()
        self.policy_reloads: Counter[str] = Counter()

    def resource(self, protocol: str, name: str) -> ResourceCounters:
        """Return the numbers of one configured resource; names must come from yett.toml, never from a client."""
        key = (protocol, name)
        if key not in self._resources:
            self._resources[key] = ResourceCounters()
        return self._resources[key]

    def of(self, resource: Resource) -> ResourceCounters:
        """Return the numbers of a resource, quickly: entries of the catalogue live as long as the gate."""
        known = self._by_identity.get(id(resource))
        if known is None or known[0] is not resource:
            known = (resource, self.resource(resource.protocol, resource.name))
            self._by_identity[id(resource)] = known
        return known[1]

    def matched(self, resource: Resource, values: int) -> None:
        """Count values by which rows were looked up in labelled columns."""
        self.of(resource).matches += values

    def login(self, method: str, outcome: str) -> None:
        """Count one attempt to sign in: `scram`, `jwt`, `certificate` … and `ok`, `refused`, `failed`."""
        self.logins[method, outcome] += 1

    def by_resource(self) -> tuple[tuple[tuple[str, str], ResourceCounters], ...]:
        """Return ((protocol, resource), numbers) of every resource."""
        return tuple(sorted(self._resources.items(), key=lambda item: item[0]))
