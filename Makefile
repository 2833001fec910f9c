# Names for commands, and no logic: what each does stands where it points.
# Another Python: make PYTHON=/path/to/python3.12 env

PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3)
PIP = .venv/bin/python -m pip --disable-pip-version-check --quiet

.PHONY: env demo test soak power requirements check bench live docs pictures

# The environment: everything locked, and the project itself as it stands here.
env: .venv/bin/anynode

.venv/bin/anynode: requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(PIP) install --require-hashes --requirement requirements.lock
	$(PIP) install --no-deps --no-build-isolation --editable .

# Five nodes, a cut, a verdict and a page: what the project is for.
demo: env
	.venv/bin/anynode run isolated-writer --seed 7

# Everything that must pass, on the two cores of the smallest machine that it is run on; of three processes one mostly
# waits (tests/sharing.py). Tests start hundreds more, and where images of containers forbid Python to keep what it
# compiles, each would compile all again.
test: export PYTHONDONTWRITEBYTECODE =
test: env
	.venv/bin/pytest -n 3
	.venv/bin/pytest conformance -q -n 2 --dist loadgroup --anynode-short

# Many seeds of every scenario, each twice: the reference is acquitted, and a seed is one run. More than two thousand runs.
soak: env
	.venv/bin/python -m conformance.soak

# What the checks convict: every broken store, and the reference in every scenario; kept for the pages and in docs/power.md.
power: env
	.venv/bin/anynode power --seeds 10 --write

# What shows each requirement, found in the tests: docs/requirements.md, and the counts.
requirements: env
	.venv/bin/python -m conformance.catalogue

# What reads the code: style, types, and which package may import which.
check: env
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports

# Speed, as ratios within one run; what comparing costs; what a record takes.
bench: env
	.venv/bin/python benchmarks/startup.py
	.venv/bin/python benchmarks/network.py
	.venv/bin/python benchmarks/store.py
	.venv/bin/python benchmarks/idle.py --warm-up 520 --samples 1
	.venv/bin/python benchmarks/digests.py
	.venv/bin/python benchmarks/browser.py
	.venv/bin/python benchmarks/memory.py
	.venv/bin/python benchmarks/subjects.py
	.venv/bin/python benchmarks/sweep.py --seeds 8 --samples 1

# Nodes on real sockets: a cluster under load that loses a node, judged; one node beside another store. Needs Node.js and npm.
live: env
	.venv/bin/python benchmarks/live_storm.py
	.venv/bin/python benchmarks/live.py

# The pictures of docs/reading-a-report.md, taken of a page in Chromium.
pictures: env
	.venv/bin/python docs/pictures.py

# What README and docs/explore.md show as printed, and a picture.
docs: env
	.venv/bin/python docs/printed.py
