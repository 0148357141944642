"""How long a client that takes nothing any more counts as waiting: nothing must run for somebody who is gone."""

import os
import socket
from contextlib import suppress

_OPTION = getattr(socket, "TCP_USER_TIMEOUT", None)


def insist(descriptor: int, seconds: float) -> None:
    """Have the kernel give a peer up that has acknowledged nothing for so long; 0: as long as it usually does.

    Without this a peer whose network is gone counts as there for a quarter of an hour (RFC 5482). Where the platform
    has no such option, it stays so.
    """
    if _OPTION is None or descriptor < 0:
        return
    with suppress(OSError), socket.socket(fileno=os.dup(descriptor)) as its_socket:
        its_socket.setsockopt(socket.IPPROTO_TCP, _OPTION, int(seconds * 1000))
