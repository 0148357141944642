"""Composition root: the one room that knows every other."""
