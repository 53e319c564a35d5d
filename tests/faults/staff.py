"""A member of staff at a started site, by programs: signed in, with forms as a browser sends them."""

from http.client import HTTPConnection
from typing import Any

import psycopg

from tests.faults.machinery import Site, embedded_dsn, python, wait_until

SESSION, CSRF = "s" * 32, "c" * 32
SIGN_IN = f"""
from datetime import timedelta
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.utils import timezone
user = User.objects.create_superuser("admin")
signed_in = {{
    SESSION_KEY: str(user.pk),
    BACKEND_SESSION_KEY: "django.contrib.auth.backends.ModelBackend",
    HASH_SESSION_KEY: user.get_session_auth_hash(),
}}
data = SessionStore().encode(signed_in)
Session.objects.create(session_key="{SESSION}", session_data=data, expire_date=timezone.now() + timedelta(hours=1))
"""
UPLOAD = "/admin/catalog/aimodel/upload/"


def prepare(site: Site, models: int) -> None:
    """A catalog, and somebody who is signed in by ``SESSION``."""
    python("manage.py", "migrate", "-v0", **site.environment)
    fill = f"from bench.catalogs import fill; fill({models})"
    python("manage.py", "shell", "--no-imports", "-c", fill, **site.environment)
    python("manage.py", "shell", "--no-imports", "-c", SIGN_IN, **site.environment)


def send(site: Site, path: str, body: bytes, content_type: str = "application/x-www-form-urlencoded") -> tuple[int, str]:
    """What a member of staff is answered who sends a form."""
    connection = HTTPConnection("127.0.0.1", site.port, timeout=120)
    headers = {"Cookie": f"sessionid={SESSION}; csrftoken={CSRF}", "Content-Type": content_type}
    connection.request("POST", path, body, headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text


def upload(site: Site, name: str, content: bytes) -> tuple[int, str]:
    """Upload a file as the form does."""
    parts = [
        b'--x\r\nContent-Disposition: form-data; name="csrfmiddlewaretoken"\r\n\r\n' + CSRF.encode(),
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="' + name.encode() + b'"\r\n\r\n' + content,
        b"--x--\r\n",
    ]
    return send(site, UPLOAD, b"\r\n".join(parts), "multipart/form-data; boundary=x")


def ask_database(site: Site, query: str) -> Any:
    """The only value that a query gives."""
    with psycopg.connect(embedded_dsn(site.data_dir)) as database:
        row = database.execute(query).fetchone()
        assert row is not None
        return row[0]


def is_idle(site: Site) -> bool:
    """Whether no upload waits or is at work."""
    return bool(ask_database(site, "SELECT count(*) = 0 FROM catalog_upload WHERE state IN ('waiting', 'working')"))


def forget_uploads(site: Site) -> None:
    """Remove what waits, and wait for what is at work."""
    with psycopg.connect(embedded_dsn(site.data_dir)) as database:
        database.execute("DELETE FROM catalog_upload WHERE state = 'waiting'")
    wait_until(lambda: is_idle(site), "no upload is under way", seconds=120)
    with psycopg.connect(embedded_dsn(site.data_dir)) as database:
        database.execute("DELETE FROM catalog_uploadpage")
        database.execute("DELETE FROM catalog_upload")
