"""Changes the bytes of a PostgreSQL answer so that no covered value leaves the gate."""
