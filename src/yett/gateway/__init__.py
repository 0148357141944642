"""The data plane: listeners, drivers, TLS, deadlines."""
