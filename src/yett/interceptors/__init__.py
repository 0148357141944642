"""The chain between protocol and resource: one concern per file."""
