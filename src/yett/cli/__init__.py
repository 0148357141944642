"""The yett command."""
