"""The control plane: health, readiness, metrics over HTTP."""
