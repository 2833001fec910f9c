"""What decides a run, checked before anything is run: scenario, seed, subject, configuration. Nothing is run here."""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml
from msgspec import Struct, structs

from conformance import folder
from conformance.checks import CHECKS, OPTIONAL, nearest_check
from conformance.history import Lifetime
from conformance.live_fitting import SHORT_RUN_US, fitted
from conformance.requirements import nearest, requirements
from conformance.subjects.file import RUN_MOST_US
from conformance.subjects.http import HttpSubject
from conformance.subjects.naming import subject_named
from conformance.subjects.subject import Prepared, Subject
from reference.config import Configuration, read, read_mapping
from reference.settings import Settings
from scenarios import Inputs, around_faults, read_inputs, with_files
from scenarios import configuration as configuration_of
from scenarios.schema import Scenario

DEFAULT_SEED = 1
OWN = "the scenario's own"


class Refused(ValueError):
    """What was asked for cannot be run; nothing was run and nothing was changed."""


class Plan(Struct, frozen=True):
    """Everything that decides a run: nothing is drawn or read from elsewhere later.

    Attributes:
        config_source: where the configuration came from, for the reader.
        command: the command line that does the same again.
        inputs: what was read from the files that the scenario names.
    """

    scenario: Scenario
    seed: int
    subject: Subject
    configuration: Configuration
    settings: Settings
    prepared: Prepared
    config_source: str
    command: str
    inputs: Inputs

    @property
    def routing(self) -> bool:
        """Whether requests are forwarded: the configuration asks for it and the subject can."""
        return self.settings.routing and "routing" in self.prepared.features

    @property
    def lifetime(self) -> Lifetime:
        """The limits that the subject lives by: the configured ones, or its own where it takes no configuration."""
        prepared, settings = self.prepared, self.settings
        return Lifetime(
            settings.absolute_us if prepared.absolute_us is None else prepared.absolute_us,
            settings.idle_us if prepared.idle_us is None else prepared.idle_us,
        )

    @property
    def cookie_name(self) -> str:
        """What the session cookie is called: as configured, or by the subject's own name for it."""
        return self.prepared.cookie_name or self.settings.cookie_name


def plan(
    scenario: Scenario,
    *,
    seed: int | None = None,
    subject: str = "reference",
    config: Path | None = None,
    environment: Mapping[str, str] | None = None,
    traffic: str | None = None,
    delays: str | None = None,
    short: bool = False,
) -> Plan:
    """Check that a run is possible and decide what it will be.

    Args:
        scenario: what happens.
        seed: decides all chance; the scenario's own, else 1, when None.
        subject: whom to judge: "reference", "broken:NAME", the path of a subject file, or package.module:Class.
        config: the user's own configuration file, in place of the scenario's.
        environment: what `{{ env.NAME }}` in it stands for; a secret that is not set gets a stand-in, since a simulated
            world needs no real one.
        traffic: `nasa-day`, or the path of a recorded day, in place of the scenario's users or traffic.
        delays: the path of a matrix of round trips, in place of the scenario's delays.
        short: tell a long scenario in ten minutes around its faults (`scenarios.around_faults`); of real servers, in
            no more than SHORT_RUN_US.

    Raises:
        ScenarioRefused: a file that the scenario, `traffic` or `delays` names cannot be used.
        Refused: the file cannot be read, or a check or requirement that the scenario names does not exist.
        reference.errors.ConfigurationError: the configuration is refused.
        SubjectRefused: nobody of that name can be judged, or its file cannot be used.
        BrokenAdapter: the subject does not say who it is.
        NotTested: the scenario cannot be done to real servers, or not to these.
    """
    _refuse_unknown_names(scenario)
    scenario = with_files(scenario, traffic, delays)
    chosen = subject_named(subject)
    live = isinstance(chosen, HttpSubject)
    path, told = scenario.path, around_faults(scenario) if short and not live else scenario
    shortened, scenario = told is not scenario or (short and live), told
    inputs = read_inputs(scenario)
    configuration = _configuration(scenario, config, environment or {})
    _refuse_undefined_clusters(scenario, configuration)
    settings = configuration.settings()
    if seed is None:
        seed = scenario.seed if scenario.seed is not None else DEFAULT_SEED
    named = scenario.name if path is None or folder.is_packaged(path) else str(path)
    options = ["--around-faults"] if shortened else []
    command = _command(named, seed, subject, {"config": config, "traffic": traffic, "delays": delays}, options)
    prepared = chosen.prepare(configuration, scenario.cluster.largest)
    if isinstance(chosen, HttpSubject):
        fit = fitted(scenario, chosen.file, prepared.features, SHORT_RUN_US if short else RUN_MOST_US)
        scenario, prepared = fit.scenario, structs.replace(prepared, notes=[*prepared.notes, *fit.notes])
    return Plan(
        scenario=scenario,
        seed=seed,
        subject=chosen,
        configuration=configuration,
        settings=settings,
        prepared=prepared,
        config_source=OWN if config is None else str(config),
        command=command,
        inputs=inputs,
    )


def _refuse_unknown_names(scenario: Scenario) -> None:
    """Refuse checks and requirements that do not exist: scenarios are read by who knows neither."""
    unknown = [name for name in scenario.expect.checks if name not in CHECKS and name not in OPTIONAL]
    if unknown:
        raise Refused(f"{scenario.name}: expect.checks names '{unknown[0]}', no check; {nearest_check(unknown[0])}")
    for id_ in scenario.shows:
        if id_ not in requirements():
            raise Refused(f"{scenario.name}: shows names '{id_}', no requirement of the catalogue; {nearest(id_)}")


def _refuse_undefined_clusters(scenario: Scenario, configuration: Configuration) -> None:
    for cluster in scenario.cluster.groups:
        if configuration.model.find(cluster) is None:
            defined = ", ".join(str(one.name) for one in configuration.model.clusters) or "none"
            raise Refused(
                f"{scenario.name}: cluster.clusters names '{cluster}', which the configuration does not define "
                f"(it defines {defined}); write it into its clusters"
            )


def _configuration(scenario: Scenario, config: Path | None, environment: Mapping[str, str]) -> Configuration:
    if config is None:
        return read_mapping(configuration_of(scenario), environment={}, name=scenario.name)
    try:
        text = config.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"--config {config}: cannot be read ({error}); name the product's YAML file") from error
    return read(text, environment=environment, stand_ins=True, name=str(config))


def replayable(configuration: Configuration) -> str:
    """Write the blocks that decide a run as YAML for its folder: values in place of placeholders, and no secret.

    What stands for a key reads as a reference to a secret, for which a replay puts its stand-in.
    """
    return yaml.safe_dump(configuration.without_secrets(), sort_keys=False)


def _command(
    scenario: str, seed: int, subject: str, files: Mapping[str, Path | str | None], options: Sequence[str]
) -> str:
    parts = ["anynode", "run", scenario, *options]
    for option, file in files.items():
        if file is not None:
            parts += [f"--{option}", str(file)]
    parts += ["--seed", str(seed)]
    if subject != "reference":
        parts += ["--subject", subject]
    return shlex.join(parts)
