"""Worlds as data: one idea a YAML file, checked before anything runs. Imports none of the other packages."""

from scenarios.files import ScenarioRefused
from scenarios.inputs import Inputs, named_files, read_inputs, told_again, with_files
from scenarios.loading import Entry, configuration, load, names, parse, parse_told
from scenarios.schema import Scenario, json_schema
from scenarios.shortened import around_faults

__all__ = [
    "Entry",
    "Inputs",
    "Scenario",
    "ScenarioRefused",
    "around_faults",
    "configuration",
    "json_schema",
    "load",
    "named_files",
    "names",
    "parse",
    "parse_told",
    "read_inputs",
    "told_again",
    "with_files",
]
