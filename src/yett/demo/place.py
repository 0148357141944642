"""The quick start's folder: its yett.toml, its policies, its provider, its tokens."""

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from yett.core.errors import YettError
from yett.demo.embedded import free_port
from yett.demo.provider import AUDIENCE, ISSUER, Provider
from yett.demo.target import Target

# Who works in the sample, and the provider's groups that the sample's policies know.
PEOPLE = {
    "ana": ("user", ("support-agents",)),
    "dana": ("user", ("dba",)),
    "dora": ("user", ("dba",)),
    "support-bot": ("agent", ("support-agents",)),
    "eve": ("user", ()),
}


class PoliciesMissing(YettError):
    """The quick start has no policies to start from."""

    code = "demo_policies_missing"


@dataclass(frozen=True, slots=True)
class Place:
    """Where everything of one quick start lies, and the two ports its gate listens on."""

    folder: Path
    port: int
    admin_port: int

    @property
    def config(self) -> Path:
        """Return the path of yett.toml."""
        return self.folder / "yett.toml"

    @property
    def gate_data(self) -> Path:
        """Return the folder of the gate's own store and recordings."""
        return self.folder / "gate"

    @property
    def log(self) -> Path:
        """Return the file that the gate's log goes to."""
        return self.folder / "gate.log"

    @property
    def provider(self) -> Provider:
        """Return the stand-in provider."""
        return Provider(self.folder / "provider")

    def token_file(self, name: str) -> Path:
        """Return the file with a person's or agent's token."""
        return self.folder / "tokens" / name


def make_place(folder: Path, policies: Path, target: Target, *, port: int = 0, admin_port: int = 0) -> Place:
    """Write everything the gate needs into `folder`; what people may have edited there stays as it is.

    yett.toml is written anew each time, as the target's port may have changed. Raises PoliciesMissing.
    """
    place = Place(folder, port or free_port(), admin_port or free_port())
    place.provider.make_keys()
    place.gate_data.mkdir(mode=0o700, parents=True, exist_ok=True)
    _copy_policies(policies, folder / "policies")
    place.config.write_text(_config(place, target))
    for name, (kind, groups) in PEOPLE.items():
        write_private(place.token_file(name), place.provider.token(name, groups, kind=kind).reveal())
    return place


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)


def _copy_policies(source: Path, own: Path) -> None:
    if any(own.glob("*.cedar")):
        return
    found = sorted(source.glob("*.cedar"))
    if not found:
        msg = f"there are no policies in {source}"
        raise PoliciesMissing(msg, hint="name their folder with --policies")
    own.mkdir(exist_ok=True)
    for path in [*found, *sorted(source.glob("*.test.toml"))]:
        shutil.copy(path, own / path.name)


def _config(place: Place, target: Target) -> str:
    quoted = json.dumps  # a JSON string is a TOML basic string
    return f"""\
# The quick start's gate. Written anew at each start; the policies beside it are yours to change while it runs.

[gate]
data = {quoted(str(place.gate_data))}
listen = {{ postgres = "127.0.0.1:{place.port}" }}

[admin]
listen = "127.0.0.1:{place.admin_port}"
fresh = "8h"                               # a yes is taken as long as the sample's tokens count; yours: leave it at 15m

[identity.oidc.corp]                       # a stand-in for your own provider: give its issuer, and no jwks_file
issuer = {quoted(ISSUER)}
audience = {quoted(AUDIENCE)}
groups_claim = "groups"
jwks_file = {quoted(str(place.provider.jwks_file))}
kind = {{ claim = "kind", agent = ["agent"], service = ["service"] }}

[resources.orders]
protocol = "postgres"
address = {quoted(target.address)}
database = {quoted(target.database)}
env = "prod"
credential = {{ from = "file", login = {quoted(target.user)}, password = {quoted(str(target.password_file))} }}

[resources.orders.tls]
mode = "disable"                           # the sample's target is on this machine

[resources.reports]                        # the same database, where each principal works as a role made for it
protocol = "postgres"
address = {quoted(target.address)}
database = {quoted(target.database)}
env = "prod"

[resources.reports.credential]
from = "ephemeral"
admin = {{ from = "file", login = {quoted(target.admin)}, password = {quoted(str(target.admin_password_file))} }}

[resources.reports.tls]
mode = "disable"

[approvals.dba]                            # whom a hold asks
reviewers = ["corp/dba"]
expires = "10m"

[access.payroll-reader]                    # a role that can be asked for, for a while
requestable_by = ["corp/support-agents"]
approval = "dba"
max = "1h"

[data.orders]                              # what the data is: nobody sees it unless a policy permits `unmask`
"public.customers.email" = "email"
"public.customers.phone" = "phone"
"public.customers.national_id" = "national_id"
"public.customers.street" = "address"
"public.payments.card_number" = "card"
"public.payments.card_holder" = "name"
unlabelled = "scanned"                     # all other text is searched: tickets hold addresses and keys too

[masks.email]
style = "partial"

[masks.card]
style = "partial"
"""
