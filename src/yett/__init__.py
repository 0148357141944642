"""Yett, the layer-7 gate between agents and production."""

__version__ = "0.1.0"
