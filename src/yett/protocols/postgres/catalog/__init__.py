"""What names mean on this server."""
