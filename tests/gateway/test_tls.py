"""TLS towards clients: what a handshake leaves behind."""

import ssl

from servers.authority import new_authority
from yett.gateway.tls import server_tls


def _shaken_hands(server: ssl.SSLContext, client: ssl.SSLContext) -> ssl.SSLObject:
    """Return the client's end of a finished handshake that has read all that the server said by itself."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    there = server.wrap_bio(to_server, to_client, server_side=True)
    here = client.wrap_bio(to_client, to_server, server_hostname="localhost")
    for _ in range(4):
        for end in (here, there):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
    there.write(b"all")
    assert here.read() == b"all"
    return here


def test_no_session_can_be_resumed_so_that_a_certificate_is_always_verified(tmp_path) -> None:
    chain, key = new_authority(tmp_path).server("localhost")
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    end = _shaken_hands(server_tls(str(chain), str(key)).context, client)
    assert end.version() == "TLSv1.3"
    assert end.session is None or not end.session.has_ticket
