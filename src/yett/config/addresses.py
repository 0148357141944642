"""Addresses as people write them: `host:port`, `[::1]:port`, `/run/postgresql`."""

import ipaddress

_PORT_MAX = 65535


def split_address(text: str, default_port: int = 0) -> tuple[str, int]:
    """Return host and port. A text that starts with a slash is a Unix socket's folder and takes the default port.

    Raises ValueError where no host or no port can be read; without a default the port must be written.
    """
    if text.startswith("/"):
        return text, default_port
    host, colon, port = text.rpartition(":")
    if not colon or (":" in host and not host.startswith("[")):
        host, port = text, ""
    host = host.removeprefix("[").removesuffix("]")
    if not host:
        msg = f'"{text}" is not an address: write host:port'
        raise ValueError(msg)
    return host, _port(text, port, default_port)


def _port(text: str, port: str, default_port: int) -> int:
    if not port and default_port:
        return default_port
    if not (port.isascii() and port.isdigit()) or int(port) > _PORT_MAX:
        msg = f'"{text}" has no port: write host:port, with a port up to {_PORT_MAX}'
        raise ValueError(msg)
    return int(port)


def is_loopback(text: str) -> bool:
    """Say whether the address is reachable from this machine alone."""
    host, _ = split_address(text, default_port=1)
    if host.startswith("/") or host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
