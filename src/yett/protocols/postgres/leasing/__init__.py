"""Roles that the gate makes for its sessions on a PostgreSQL target: what is said to the target, and no socket."""
