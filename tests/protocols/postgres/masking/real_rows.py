"""Answers of a real server as bytes: what it sends for a statement, in either format."""

import os
import socket

import psycopg

from protocols.postgres.masking.wire import read_rows
from servers.postgres import TestPostgres
from yett.protocols.postgres import codec


class RealAnswers:
    """One session of a real server, spoken to in bytes."""

    def __init__(self, server: TestPostgres, database: str) -> None:
        self.connection = psycopg.connect(
            host=str(server.socket_folder), port=server.port, user=server.superuser, dbname=database, autocommit=True
        )
        self._socket = socket.socket(fileno=os.dup(self.connection.fileno()))
        self._socket.setblocking(True)

    def close(self) -> None:
        """End the session."""
        self._socket.close()
        self.connection.close()

    def messages(self, text: str, wire: int = 0) -> list[bytes]:
        """Return what the server answers to a statement, message by message."""
        bind = codec.message(b"B", b"\0\0\0\0\0\0" + b"\0\1" + wire.to_bytes(2, "big"))
        asked = codec.parse(b"", text.encode()) + bind + codec.describe_portal(b"") + codec.execute(b"") + codec.SYNC
        self._socket.sendall(asked)
        data, found = b"", []
        while not found or found[-1][:1] != b"Z":
            data += self._socket.recv(1 << 16)
            while len(data) >= 5 and len(data) > (size := int.from_bytes(data[1:5], "big")):
                found.append(data[: size + 1])
                data = data[size + 1 :]
        return found

    def rows(self, text: str, wire: int = 0) -> tuple[bytes, bytes]:
        """Return the description and the rows of a statement's answer."""
        said = self.messages(text, wire)
        assert not [one for one in said if one[:1] == b"E"], said
        (description,) = [one for one in said if one[:1] == b"T"]
        return description, b"".join(one for one in said if one[:1] == b"D")

    def copied(self, text: str) -> tuple[bytes, list[bytes]]:
        """Return the CopyOutResponse and the CopyData messages of a COPY."""
        said = self.messages(text)
        (response,) = [one for one in said if one[:1] == b"H"]
        return response, [one for one in said if one[:1] == b"d"]

    def value(self, text: str) -> tuple[bytes | None, ...]:
        """Return the first row of a statement's answer in text."""
        return read_rows(self.rows(text)[1])[0]
