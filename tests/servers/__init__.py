"""Real servers for tests, started from installed packages and always cleaned up."""
