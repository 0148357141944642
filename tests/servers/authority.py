"""A certificate authority that lives as long as one test session."""

from dataclasses import dataclass
from pathlib import Path

import trustme


@dataclass(frozen=True, slots=True)
class Authority:
    """Where the authority's own certificate lies, and how to issue more under it."""

    ca: trustme.CA
    folder: Path

    @property
    def ca_path(self) -> Path:
        """Return the PEM file of the authority's certificate."""
        return self.folder / "ca.pem"

    def server(self, *names: str) -> tuple[Path, Path]:
        """Issue a server certificate for `names` (host names or addresses); returns its chain and its key."""
        return self._write(self.ca.issue_cert(*names), names[0])

    def client(self, common_name: str) -> tuple[Path, Path]:
        """Issue a client certificate whose common name is `common_name`; returns its chain and its key."""
        return self._write(self.ca.issue_cert("client.test", common_name=common_name), common_name)

    def _write(self, leaf: trustme.LeafCert, name: str) -> tuple[Path, Path]:
        chain, key = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        chain.write_bytes(b"".join(blob.bytes() for blob in leaf.cert_chain_pems))
        key.touch(mode=0o600)
        key.write_bytes(leaf.private_key_pem.bytes())
        return chain, key


def new_authority(folder: Path) -> Authority:
    """Make an authority that keeps its files in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    authority = Authority(trustme.CA(), folder)
    authority.ca.cert_pem.write_to_path(authority.ca_path)
    return authority
