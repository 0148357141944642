"""The quick start: a real PostgreSQL from a wheel, a realistic sample in it, and a gate in front."""
