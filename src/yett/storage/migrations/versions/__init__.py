"""The control database's schema, step by step."""
