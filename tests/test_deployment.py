"""The files of ``deploy/``, the image and the compose file say what they must; no engine is needed to see it."""

import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.core.management import get_commands
from django.test import Client

from catalog.management.commands.serve import stop_timeout
from catalog_site import VERSION
from deploy import audit, migrations, release
from tests.faults.machinery import PREVIOUS, of_last_release
from tests.packages import CADDY, needs_caddy

ROOT = Path(__file__).resolve().parents[1]
DEPLOY = ROOT / "deploy"
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = ["migrate", "web", "watch", "backup"]
UNITS = sorted((DEPLOY / "systemd").iterdir())
MANIFESTS = [
    document for path in sorted((DEPLOY / "kubernetes").glob("*.yaml")) for document in yaml.safe_load_all(path.read_text())
]


def tool(name: str) -> str:
    """A program of the virtual environment."""
    return str(Path(sys.executable).with_name(name))


def settings_read() -> set[str]:
    """The variables that docs/configuration.md describes, which is all that are read (tests/test_settings.py)."""
    return set(re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "docs/configuration.md").read_text(), flags=re.MULTILINE))


def pods() -> list[tuple[str, dict[str, Any]]]:
    """Each pod that the manifests start, by its kind."""
    found = []
    for document in MANIFESTS:
        spec = document.get("spec", {})
        spec = spec.get("jobTemplate", {}).get("spec", spec)
        if "template" in spec:
            found.append((document["kind"], spec["template"]["spec"]))
    return found


def headings(root: Path = ROOT) -> list[str]:
    """Those of the changes, newest first."""
    return re.findall(r"^## (.+)$", (root / "CHANGELOG.md").read_text(), re.MULTILINE)


def test_one_version_is_stated_everywhere() -> None:
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"] == VERSION
    assert re.findall(r"ARG VERSION=(.+)", (ROOT / "Dockerfile").read_text()) == [VERSION]
    assert {SERVICES[name]["image"] for name in OURS} == {f"model-catalog:${{VERSION:-{VERSION}}}"}
    images = {container["image"] for _, pod in pods() for container in pod["containers"]}
    assert images == {f"registry.example.com/model-catalog:{VERSION}"}
    (job,) = (document["metadata"]["name"] for document in MANIFESTS if document["kind"] == "Job")
    assert job == f"model-catalog-migrate-{VERSION.replace('.', '-')}"
    assert f"job/{job}" in (ROOT / "docs/deployment.md").read_text()


def test_every_released_version_has_its_heading_in_the_changes() -> None:
    dated = r"(\d+\.\d+\.\d+) \(\d{4}-\d\d-\d\d\)"
    released = [re.fullmatch(dated, heading) for heading in headings() if heading != "Unreleased"]
    versions = [tuple(map(int, match[1].split("."))) for match in released if match]
    assert len(versions) == len(released) >= 2
    assert versions == sorted(versions, reverse=True)
    assert versions[0] == tuple(map(int, VERSION.split(".")))


def test_a_release_states_its_version_everywhere(tmp_path: Path) -> None:
    for pattern in (*release.STATED, *release.JOB, "CHANGELOG.md"):
        for path in ROOT.glob(pattern):
            (tmp_path / path.relative_to(ROOT)).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, tmp_path / path.relative_to(ROOT))
    changes = tmp_path / "CHANGELOG.md"
    changes.write_text(f"# Changes\n\n## Unreleased\n\n- One.\n\n## {headings()[-1]}\n")
    assert release.main("12.34.56", tmp_path) == 0
    assert headings(tmp_path)[0].startswith("12.34.56 (2")
    stated = "".join(path.read_text() for pattern in release.STATED for path in tmp_path.glob(pattern))
    assert VERSION not in stated
    assert stated.count("12.34.56") == 7
    assert "model-catalog-migrate-12-34-56" in (tmp_path / "docs/deployment.md").read_text()
    assert release.main("12.34.57", tmp_path) == 1  # there is nothing to release
    assert release.main("v13", tmp_path) == 1


def test_the_migrations_and_the_commit_of_the_last_release_belong_together() -> None:
    names = of_last_release("ls-tree", "--name-only", PREVIOUS, "catalog/migrations/").decode()
    assert max(re.findall(r"/(\d{4})_", names)) == migrations.RELEASED


@pytest.mark.django_db
def test_the_admin_shows_the_version(admin_client: Client) -> None:
    assert f"Version {VERSION}" in admin_client.get("/admin/", headers={"host": "localhost"}).content.decode()


def test_the_image_is_built_in_stages_and_runs_as_nobody_special() -> None:
    text = (ROOT / "Dockerfile").read_text()
    built, final = text.split(" AS site\n")
    assert "--require-hashes --only-binary=:all:" in built
    assert "sbom.cdx.json" in built
    assert not re.search(r"apt-get|gcc|build-essential", text)
    assert re.search(r"^USER 10001$", final, re.MULTILINE)
    assert "/health/live" in final
    assert final.count("LABEL") == 1
    assert not re.search(r"(SECRET_KEY|PASSWORD|DATABASE_URL)=", text)
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert {".git", ".env", "secrets", ".data"} <= set(ignored)
    assert re.search(r"^COPY docs docs$", final, re.MULTILINE)
    assert "docs" not in ignored  # the manual in the admin


def test_the_images_of_others_are_pinned_by_digest() -> None:
    (base,) = re.findall(r"^ARG PYTHON=(.+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    others = [service["image"].partition(":-")[2].rstrip("}") for name, service in SERVICES.items() if name not in OURS]
    assert [re.fullmatch(r"[\w.-]+:[\w.-]+@sha256:[0-9a-f]{64}", image) is not None for image in (base, *others)] == [
        True
    ] * 3


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_can_do_no_more_than_it_must(name: str) -> None:
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["read_only"] is True
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["mem_limit"]
    assert service["pids_limit"]
    assert service["logging"]["options"] == {"max-size": "10m", "max-file": "5"}
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", [])) or name == "caddy"


def test_compose_waits_for_the_database_and_the_migrations_and_keeps_the_data() -> None:
    database, migrate, web = SERVICES["database"], SERVICES["migrate"], SERVICES["web"]
    assert database["image"].startswith("${POSTGRES_IMAGE:-postgres:18@")
    assert "pg_isready" in " ".join(database["healthcheck"]["test"])
    assert database["volumes"][0].split(":")[0] in COMPOSE["volumes"]
    assert migrate["depends_on"]["database"]["condition"] == "service_healthy"
    assert web["depends_on"]["database"]["condition"] == "service_healthy"
    assert web["depends_on"]["migrate"]["condition"] == "service_completed_successfully"
    assert migrate["command"][-2:] == ["migrate", "--noinput"]
    assert migrate["restart"] == "no"
    assert "/health/ready" in web["healthcheck"]["test"][-1]


def test_the_site_has_another_role_than_the_migrations_and_no_secret_is_in_an_environment() -> None:
    assert SERVICES["migrate"]["environment"]["DATABASE_URL_FILE"] == "/run/secrets/owner_database_url"
    assert SERVICES["web"]["environment"]["DATABASE_URL_FILE"] == "/run/secrets/site_database_url"
    for name in OURS:
        used = SERVICES[name]
        assert set(used["secrets"]) == {used["environment"]["DATABASE_URL_FILE"].rsplit("/")[-1], "secret_key"}
        assert set(used["environment"]) <= settings_read()
    for service in SERVICES.values():
        assert not {"SECRET_KEY", "DATABASE_URL", "POSTGRES_PASSWORD"} & set(service.get("environment", {}))
        assert set(service.get("secrets", [])) <= set(COMPOSE["secrets"])


def test_service_managers_wait_until_a_server_that_stops_has_answered() -> None:
    needed = stop_timeout()
    assert needed > settings.CLIENT_TIMEOUT
    assert int(SERVICES["web"]["stop_grace_period"].removesuffix("s")) > needed
    (allowed,) = re.findall(r"^TimeoutStopSec=(\d+)$", (DEPLOY / "systemd/model-catalog.service").read_text(), re.MULTILINE)
    assert int(allowed) > needed
    (web,) = [pod for kind, pod in pods() if kind == "Deployment" and pod["containers"][0]["name"] == "web"]
    (pause,) = re.findall(r"sleep\((\d+)\)", web["containers"][0]["lifecycle"]["preStop"]["exec"]["command"][-1])
    assert web["terminationGracePeriodSeconds"] > int(pause) + needed


def commands() -> list[list[str]]:
    """What the image, compose, systemd and Kubernetes run of ours, without the interpreter."""
    found = [service["command"] for service in SERVICES.values() if "command" in service]
    found += [container["command"] for _, pod in pods() for container in pod["containers"] if "command" in container]
    found += [json.loads(line) for line in re.findall(r"^CMD (.+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)]
    found += [line.split() for unit in UNITS for line in re.findall(r"^ExecStart=\S+ (.+)$", unit.read_text(), re.MULTILINE)]
    return [command[command.index("manage.py") + 1 :] for command in found]


def test_every_command_that_is_started_exists() -> None:
    assert {command[0] for command in commands()} == {"serve", "migrate", "watch", "backup"}
    for name, *arguments in commands():
        from django.core.management import load_command_class

        command = load_command_class(get_commands()[name], name)
        command.create_parser("manage.py", name).parse_args(arguments)


def test_the_secrets_are_made_once_and_read_by_the_settings(tmp_path: Path) -> None:
    (tmp_path / "deploy").mkdir()
    script = shutil.copy(DEPLOY / "make-secrets.sh", tmp_path / "deploy")
    subprocess.run([script], check=True, capture_output=True)
    made = {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}
    subprocess.run([script], check=True, capture_output=True)
    assert made == {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}
    assert set(made) == set(COMPOSE["secrets"])
    assert (tmp_path / "secrets").stat().st_mode & 0o077 == 0
    assert made["site_database_url"] == f"postgres://catalog_site:{made['site_password']}@database:5432/catalog"
    assert len(made["secret_key"]) == 64


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_systemd_reads_each_unit(path: Path, tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not on this machine")
    here = {
        "/opt/model-catalog/.venv/bin/python": sys.executable,
        "User=model-catalog": "User=daemon",
        "Group=model-catalog": "Group=daemon",
    }
    for unit in UNITS:
        text = unit.read_text()
        for name, value in here.items():
            text = text.replace(name, value)
        (tmp_path / unit.name).write_text(text)
    done = subprocess.run([analyze, "verify", str(tmp_path / path.name)], capture_output=True, text=True, check=False)
    mine = [line for line in (done.stdout + done.stderr).splitlines() if str(tmp_path) in line]
    assert mine == []


def test_systemd_hands_secrets_over_as_files() -> None:
    for unit in UNITS:
        if unit.suffix == ".service":
            text = unit.read_text()
            credentials = dict(re.findall(r"^LoadCredential=(\w+):/etc/model-catalog/(\w+)$", text, re.MULTILINE))
            assert set(credentials) == {"secret_key", "database_url"}
            assert credentials["database_url"] == ("owner" if "migrate" in unit.name else "site") + "_database_url"
            assert set(re.findall(r"([A-Z_]+)=%d", text)) == {"SECRET_KEY_FILE", "DATABASE_URL_FILE"} < settings_read()
            assert {"NoNewPrivileges=yes", "ProtectSystem=strict", "CapabilityBoundingSet="} <= set(text.splitlines())


def test_kubernetes_replaces_one_pod_at_a_time_and_none_before_its_successor_is_ready() -> None:
    site = [document for document in MANIFESTS if document["metadata"]["name"] == "model-catalog" and "spec" in document]
    by_kind = {document["kind"]: document["spec"] for document in site}
    deployment, budget = by_kind["Deployment"], by_kind["PodDisruptionBudget"]
    assert deployment["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}
    assert deployment["replicas"] > budget["minAvailable"] >= 1
    labels = deployment["template"]["metadata"]["labels"]
    for selector in (
        deployment["selector"]["matchLabels"],
        budget["selector"]["matchLabels"],
        by_kind["Service"]["selector"],
    ):
        assert selector.items() <= labels.items()
    (web,) = deployment["template"]["spec"]["containers"]
    assert web["readinessProbe"]["httpGet"]["path"] == "/health/ready"
    assert web["livenessProbe"]["httpGet"]["path"] == "/health/live"


def test_pods_run_without_root_and_with_secrets_in_files() -> None:
    assert [kind for kind, _ in pods()] == ["CronJob", "Job", "Deployment", "Deployment"]
    for kind, pod in pods():
        assert pod["securityContext"]["runAsNonRoot"] is True
        (container,) = pod["containers"]
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert container["resources"]["limits"]["memory"]
        environment = {one["name"]: one["value"] for one in container["env"]}
        assert environment.keys() <= settings_read()
        assert environment["DATABASE_URL_FILE"].endswith("owner_database_url" if kind == "Job" else "site_database_url")
    (configuration,) = (document["data"] for document in MANIFESTS if document["kind"] == "ConfigMap")
    assert configuration.keys() <= settings_read()


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [
        ["hadolint", "Dockerfile"],
        ["check-jsonschema", "--builtin-schema", "vendor.compose-spec", "docker-compose.yml"],
        ["kubernetes-validate", "--strict", *sorted(map(str, (DEPLOY / "kubernetes").glob("*.yaml")))],
    ],
    ids=lambda command: command[0],
)
def test_the_files_are_what_their_tools_expect(command: list[str]) -> None:
    done = subprocess.run([tool(command[0]), *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@needs_caddy
def test_caddy_reads_its_file() -> None:
    done = subprocess.run(
        [CADDY, "adapt", "--adapter", "caddyfile", "--config", str(DEPLOY / "Caddyfile")],
        env={"SITE_ADDRESS": "api.example.com"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert '"dial":"web:8000"' in done.stdout


def test_a_migration_that_locks_for_long_is_found() -> None:
    sql = 'ALTER TABLE "catalog_aimodel" ADD COLUMN "x" integer NOT NULL; CREATE INDEX "i" ON "catalog_aimodel" ("name");'
    found = " ".join(migrations.problems("9999_bad", sql))
    assert "adding-required-field" in found
    assert "require-concurrent-index-creation" in found
    assert migrations.problems("9999_good", 'ALTER TABLE "catalog_aimodel" ADD COLUMN "x" integer;') == []


@pytest.mark.django_db
def test_unreleased_migrations_are_safe_on_a_running_site() -> None:
    name, sql = next(migrations.unreleased("0000"))
    assert name == "0001_catalog_models"
    assert "CREATE TABLE" in sql
    for name, sql in migrations.unreleased():
        assert migrations.problems(name, sql) == []
        assert migrations.unlocked(name, sql) == []


def test_a_migration_that_can_deadlock_with_writers_is_found() -> None:
    two = 'ALTER TABLE "a" ADD COLUMN "x" integer; ALTER TABLE "new" ADD FOREIGN KEY ("x") REFERENCES "b" ("id");'
    assert "it changes a, b, new" in migrations.unlocked("9999_bad", two)[0]
    assert migrations.unlocked("9999_good", f"--\n-- Raw SQL\n--\nLOCK TABLE a, b IN SHARE ROW EXCLUSIVE MODE;\n{two}") == []
    made = 'CREATE TABLE "new" ("x" integer); ALTER TABLE "new" ADD FOREIGN KEY ("x") REFERENCES "b" ("id");'
    assert migrations.unlocked("9999_one", made) == []


AUDITED = {"name": "django", "version": "5.2", "vulns": []}
FLAW = {"id": "PYSEC-1", "fix_versions": ["5.2.1"]}


@pytest.mark.parametrize(
    ("report", "said", "status"),
    [
        ({"dependencies": [AUDITED]}, "no known vulnerability in 1 packages", 0),
        ({"dependencies": [AUDITED | {"vulns": [FLAW]}]}, "VULNERABLE: django 5.2: PYSEC-1, fixed in 5.2.1", 1),
        ({"dependencies": [{"name": "django", "skip_reason": "not found"}]}, "NOT KNOWN: 1 of 1 packages", 2),
        ({"dependencies": []}, "NOT KNOWN: pip-audit looked at no package", 2),
        (None, "NOT KNOWN: pip-audit did not answer. refused", 2),
    ],
)
def test_an_audit_that_reached_nobody_is_not_taken_for_a_good_one(report: Any, said: str, status: int) -> None:
    lines, found = audit.verdict("" if report is None else json.dumps(report), "refused")
    assert (found, said in lines[0]) == (status, True)
