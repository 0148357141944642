"""One folder per wire protocol: bytes in, operations out, no sockets."""
