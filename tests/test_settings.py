"""A bad environment refuses to start, and says which value is wrong."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow  # each starts a process
ROOT = Path(__file__).resolve().parents[1]
PRODUCTION = {
    "DATABASE_URL": "postgres://user:secret@127.0.0.1/catalog",
    "SECRET_KEY": "0123456789" * 6,
    "ALLOWED_HOSTS": "api.example.com",
}
NAMES = {
    *PRODUCTION,
    *(f"{name}_FILE" for name in PRODUCTION),
    "SECRET_KEY_FALLBACKS",
    "DEBUG",
    "PORT",
    "WEB_WORKERS",
    "DATA_DIR",
    "CSRF_TRUSTED_ORIGINS",
    "BEHIND_TLS",
    "DATABASE_REPLICA_URL",
    "FEED_MAX_STALENESS",
    "HUGGING_FACE_URL",
}


def load(
    data_dir: Path, expression: str = "''", module: str = "environment", **values: str
) -> subprocess.CompletedProcess[str]:
    """Import the settings in a process of its own and print an expression of them.

    Those that differ between machines are in ``environment``, which imports a fifth of what all ``settings`` do.
    """
    environment = {name: value for name, value in os.environ.items() if name not in NAMES}
    return subprocess.run(
        [sys.executable, "-c", f"from catalog_site import {module} as settings; print({expression})"],
        cwd=ROOT,
        env={**environment, "DATA_DIR": str(data_dir), **values},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"DEBUG": "yes"}, "DEBUG"),
        ({"FORMATS_BEHIND_KEY": "openrouter,catalog"}, "FORMATS_BEHIND_KEY"),
        ({"PORT": "eighty"}, "PORT"),
        ({"PORT": "0"}, "PORT"),
        ({"PORT": "65536"}, "PORT"),
        ({"WEB_WORKERS": "0"}, "WEB_WORKERS"),
        ({"WEB_WORKERS": "-1"}, "WEB_WORKERS"),
        ({"BEHIND_TLS": "1"}, "BEHIND_TLS"),
        ({"DATABASE_URL": "sqlite:///db.sqlite3"}, "DATABASE_URL"),
        ({"DATABASE_URL": "nonsense"}, "DATABASE_URL"),
        ({"DATABASE_URL": "postgres://user:secret@127.0.0.1/"}, "DATABASE_URL must name a database"),
        ({"DATABASE_URL": "postgres://none"}, "DATABASE_URL must name a database"),
        (
            PRODUCTION | {"DATABASE_URL": "postgres://user:secret@127.0.0.1:port/catalog"},
            "DATABASE_URL is not valid: its port",
        ),
        (
            PRODUCTION | {"DATABASE_URL": "postgres://user:secret@127.0.0.1:65536/catalog"},
            "DATABASE_URL is not valid: its port",
        ),
        (PRODUCTION | {"DATABASE_REPLICA_URL": "mysql://a/b"}, "DATABASE_REPLICA_URL must be a postgres"),
        (PRODUCTION | {"DATABASE_REPLICA_URL": "postgres://127.0.0.2"}, "DATABASE_REPLICA_URL must name a database"),
        (PRODUCTION | {"DATABASE_REPLICA_URL": "postgres://127.0.0.2:x/a"}, "DATABASE_REPLICA_URL is not valid: its port"),
        ({"DATABASE_REPLICA_URL": "postgres://127.0.0.2/catalog"}, "DATABASE_REPLICA_URL is set without DATABASE_URL"),
        ({"FEED_MAX_STALENESS": "-1"}, "FEED_MAX_STALENESS"),
        ({"FEED_MAX_STALENESS": "soon"}, "FEED_MAX_STALENESS"),
        ({"HUGGING_FACE_URL": "huggingface.co"}, "HUGGING_FACE_URL"),
        ({"HUGGING_FACE_URL": "ftp://huggingface.co"}, "HUGGING_FACE_URL"),
        ({"HUGGING_FACE_URL": "https://"}, "HUGGING_FACE_URL"),
        ({"HUGGING_FACE_URL": "https://me:secret@huggingface.co"}, "HUGGING_FACE_URL"),
        ({"HUGGING_FACE_URL": "https://huggingface.co:many"}, "HUGGING_FACE_URL"),
        ({"HUGGING_FACE_URL": "https://huggingface.co/?token=1"}, "HUGGING_FACE_URL"),
        ({"TRUSTED_PROXIES": "proxy.example.com"}, "TRUSTED_PROXIES must be IP addresses"),
        ({"TRUSTED_PROXIES": "10.0.0.1/8"}, "TRUSTED_PROXIES"),
        ({"MAX_REQUESTS_PER_ADDRESS": "0"}, "MAX_REQUESTS_PER_ADDRESS"),
        ({"CLIENT_TIMEOUT": "601"}, "CLIENT_TIMEOUT"),
        ({"MAX_BODY": "1 MB"}, "MAX_BODY"),
        ({"METRICS_ALLOWED": "monitor.example.com"}, "METRICS_ALLOWED must be IP addresses"),
        ({"LOGIN_ATTEMPTS": "0"}, "LOGIN_ATTEMPTS"),
        ({"CSRF_TRUSTED_ORIGINS": "admin.example.com"}, "CSRF_TRUSTED_ORIGINS"),
        (PRODUCTION | {"SECRET_KEY": ""}, "SECRET_KEY"),
        (PRODUCTION | {"SECRET_KEY": "0123456789" * 4}, "SECRET_KEY is too easy to guess"),
        (PRODUCTION | {"SECRET_KEY": "x" * 60}, "SECRET_KEY is too easy to guess"),
        (PRODUCTION | {"SECRET_KEY_FALLBACKS": "0123456789" * 6 + ",short"}, "SECRET_KEY_FALLBACKS has a key"),
        (PRODUCTION | {"SECRET_KEY_FILE": "/dev/null"}, "SECRET_KEY and SECRET_KEY_FILE are both set"),
        ({"SECRET_KEY_FILE": "/dev/null"}, "SECRET_KEY_FILE is /dev/null, and that file is empty"),
        ({"DATABASE_URL_FILE": "/dev/null/no"}, "DATABASE_URL_FILE is /dev/null/no, which cannot be read"),
        (PRODUCTION | {"ALLOWED_HOSTS": ""}, "ALLOWED_HOSTS"),
        ({"DATA_DIR": "/dev/null/no"}, "DATA_DIR is /dev/null/no"),
        (PRODUCTION | {"DATA_DIR": "/dev/null/no"}, "DATA_DIR is /dev/null/no"),
        (PRODUCTION | {"DATA_DIR": "/proc"}, "DATA_DIR is /proc"),
    ],
)
def test_a_bad_value_refuses_to_start_and_is_named(tmp_path: Path, values: dict[str, str], named: str) -> None:
    done = load(tmp_path, **values)
    assert done.returncode != 0
    last = done.stderr.strip().splitlines()[-1]
    assert "ImproperlyConfigured" in last
    assert named in last


def test_a_url_that_cannot_be_read_does_not_tell_the_password(tmp_path: Path) -> None:
    done = load(tmp_path, **PRODUCTION | {"DATABASE_URL": "postgres://user:un/quoted@127.0.0.1/catalog"})
    assert "DATABASE_URL is not valid" in done.stderr
    assert "'un'" not in done.stderr
    assert "quoted" not in done.stderr


def test_secrets_come_from_files_without_the_newline_at_their_end(tmp_path: Path) -> None:
    for name, value in (PRODUCTION | {"SECRET_KEY_FALLBACKS": "abcdefghij" * 6}).items():
        (tmp_path / name).write_text(f"{value}\n")
    files = {f"{name}_FILE": str(tmp_path / name) for name in ("DATABASE_URL", "SECRET_KEY", "SECRET_KEY_FALLBACKS")}
    shown = "[settings.DATABASES['default']['PASSWORD'], settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]"
    done = load(tmp_path, shown, **files, ALLOWED_HOSTS="api.example.com")
    assert ast.literal_eval(done.stdout) == ["secret", PRODUCTION["SECRET_KEY"], "abcdefghij" * 6], done.stderr


def test_copies_that_cannot_be_kept_refuse_to_start(tmp_path: Path) -> None:
    (tmp_path / "copies").write_text("no directory")
    done = load(tmp_path, module="settings", **PRODUCTION)
    assert f"DATA_DIR is {tmp_path}, which cannot be used: File exists." in done.stderr


def test_a_machine_of_ones_own_needs_no_setting_and_keeps_its_key(tmp_path: Path) -> None:
    first, second = (load(tmp_path, "settings.SECRET_KEY") for _ in range(2))
    assert first.returncode == 0, first.stderr
    assert len(first.stdout.strip()) > 50
    assert first.stdout == second.stdout
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0


def test_processes_that_start_at_once_share_one_key(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from catalog_site import settings; print(settings.SECRET_KEY)"]
    environment = {name: value for name, value in os.environ.items() if name not in NAMES} | {"DATA_DIR": str(tmp_path)}
    running = [subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    assert len({process.communicate()[0] for process in running}) == 1


def test_an_empty_key_of_a_power_cut_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "secret_key").touch()
    done = load(tmp_path, "settings.SECRET_KEY")
    assert done.stdout.strip() == (tmp_path / "secret_key").read_text()
    assert len(done.stdout.strip()) > 50
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("key", ["x" * 60, "cut", "\0" * 67], ids=["one character", "cut", "zeros"])
def test_a_damaged_key_refuses_to_start(tmp_path: Path, key: str) -> None:
    (tmp_path / "secret_key").write_text(key)
    done = load(tmp_path)
    assert f"The secret key in {tmp_path / 'secret_key'} is damaged" in done.stderr
    assert (tmp_path / "secret_key").read_text() == key


def test_production_is_served_over_tls_and_without_debug(tmp_path: Path) -> None:
    shown = "settings.SECURE_SSL_REDIRECT, settings.SESSION_COOKIE_SECURE, settings.DEBUG"
    done = load(tmp_path, shown, "settings", **PRODUCTION)
    assert done.stdout.strip() == "True True False", done.stderr


def test_nothing_is_started_by_reading_the_settings(tmp_path: Path) -> None:
    assert load(tmp_path, module="settings").returncode == 0
    assert not (tmp_path / "postgres").exists()


def test_a_database_that_is_gone_without_a_word_is_given_up_after_seconds(tmp_path: Path) -> None:
    replica = {"DATABASE_REPLICA_URL": "postgres://user@127.0.0.2/catalog?connect_timeout=2"}
    done = load(tmp_path, "[one['OPTIONS'] for one in settings.DATABASES.values()]", **PRODUCTION, **replica)
    assert done.returncode == 0, done.stderr
    given_up = {"tcp_user_timeout": 10000, "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 2}
    assert ast.literal_eval(done.stdout) == [{"connect_timeout": 3, **given_up}, {"connect_timeout": 2, **given_up}]


def test_each_variable_that_is_read_is_described_and_the_other_way_round() -> None:
    kinds = r"boolean|choice|number|words|addresses|networks|web_addresses|web_address|postgresql"
    readers = rf"(?:{kinds}|env\.\w+|environ\.get|getenv)\(\s*\"([A-Z][A-Z_]+)\""
    sources = [path.read_text() for room in ("catalog", "catalog_site") for path in (ROOT / room).rglob("*.py")]
    read = {name for source in sources for name in re.findall(readers, source)} - {"DJANGO_SETTINGS_MODULE"}
    secrets = {name for source in sources for name in re.findall(r"\bsecret\(\"([A-Z_]+)\"\)", source)}
    read |= secrets | {f"{name}_FILE" for name in secrets}
    described = re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "docs/configuration.md").read_text(), flags=re.MULTILINE)
    assert {"DATA_DIR", "ADMIN_PASSWORD", "WEB_WORKERS"} < read
    assert sorted(described) == sorted(read)
