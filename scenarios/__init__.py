"""Worlds as data: one idea a YAML file, checked before anything runs. Imports none of the other packages."""

from scenarios.loading import Entry, ScenarioRefused, configuration, load, names, parse
from scenarios.schema import Scenario, json_schema

__all__ = ["Entry", "Scenario", "ScenarioRefused", "configuration", "json_schema", "load", "names", "parse"]
