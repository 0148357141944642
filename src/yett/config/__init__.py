"""All settings, typed, read once, composed from each room's slice."""

from yett.config.loading import Config, find_config, load_config
from yett.config.problems import ConfigProblems, Problem
from yett.config.settings import Settings

__all__ = ["Config", "ConfigProblems", "Problem", "Settings", "find_config", "load_config"]
