"""Types of environment variables. An invalid value stops the start with an error that names its variable."""

from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

env = environ.Env()


def secret(name: str) -> str:
    """The value of ``NAME``, or the content of the file named by ``NAME_FILE``, without the newline at its end. Empty if neither is
    set; both at once are refused."""
    value, path = env.str(name, default=""), env.str(f"{name}_FILE", default="")
    if not path:
        return value
    if value:
        raise ImproperlyConfigured(f"{name} and {name}_FILE are both set; set only one of them.")
    try:
        value = Path(path).read_text().rstrip("\r\n")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise ImproperlyConfigured(f"{name}_FILE is {path}, which cannot be read: {reason}.") from None
    if not value:
        raise ImproperlyConfigured(f"{name}_FILE is {path}, and that file is empty.")
    return value


def boolean(name: str, default: bool) -> bool:
    """``true`` or ``false``; anything else is an error, although django-environ would read it as false."""
    value = env.str(name, default=str(default)).lower()
    if value not in {"true", "false"}:
        raise ImproperlyConfigured(f"{name} is {value!r}; it must be true or false.")
    return value == "true"


def choice(name: str, default: str, choices: tuple[str, ...]) -> str:
    """One of a few words."""
    value = env.str(name, default=default)
    if value not in choices:
        raise ImproperlyConfigured(f"{name} is {value!r}; it must be {' or '.join(choices)}.")
    return value


def number(name: str, default: int, *, minimum: int, maximum: int) -> int:
    """A whole number within its bounds."""
    value = env.str(name, default=str(default))
    if not value.isascii() or not value.isdigit() or not minimum <= int(value) <= maximum:
        raise ImproperlyConfigured(f"{name} is {value!r}; it must be a whole number from {minimum} to {maximum}.")
    return int(value)


def addresses(name: str) -> list[str]:
    """A comma-separated list without empty items."""
    return [item.strip() for item in env.str(name, default="").split(",") if item.strip()]


def words(name: str, known: tuple[str, ...]) -> list[str]:
    """A comma-separated list of known words."""
    found = addresses(name)
    if unknown := [word for word in found if word not in known]:
        raise ImproperlyConfigured(f"{name} holds {unknown[0]!r}; it may hold {', '.join(known)}.")
    return found


def web_address(name: str, default: str) -> str:
    """An ``http`` or ``https`` address, without a slash at its end."""
    return _web_address(name, env.str(name, default=default).rstrip("/"), default)


def _web_address(name: str, value: str, example: str) -> str:
    try:
        parts = urlsplit(value)
        is_address = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_address = False
    if not is_address or not value.isprintable() or any(character in value for character in " @?#"):
        raise ImproperlyConfigured(
            f"{name} must be a plain http or https address, without a user or a query, such as {example}."
        )
    return value


def web_addresses(name: str, example: str) -> list[str]:
    """A comma-separated list of ``http`` or ``https`` addresses."""
    return [_web_address(name, value.rstrip("/"), example) for value in addresses(name)]


def mail_server(name: str, url: str) -> dict[str, Any]:
    """The mail server at a URL, as Django's settings; with an empty host if there is none."""
    if not url:
        return {"EMAIL_HOST": ""}
    if url.partition("://")[0] not in {"smtp", "smtp+tls", "smtp+ssl", "smtps"}:
        raise ImproperlyConfigured(f"{name} must begin with smtp://, smtp+tls:// or smtp+ssl://.")
    try:
        config = env.email_url_config(url)
        config["EMAIL_PORT"] = int(config["EMAIL_PORT"] or 25)
    except ValueError:  # whose message may contain a part of the password
        config = {}
    if not config.get("EMAIL_HOST"):
        raise ImproperlyConfigured(f"{name} must look like smtp+tls://user:password@mail.example.com:587.") from None
    known = ("EMAIL_HOST", "EMAIL_PORT", "EMAIL_HOST_USER", "EMAIL_HOST_PASSWORD", "EMAIL_USE_TLS", "EMAIL_USE_SSL")
    return {key: config[key] for key in known if config.get(key)}


def networks(name: str, default: str = "") -> list[IPv4Network | IPv6Network]:
    """A comma-separated list of addresses and networks."""
    try:
        return [ip_network(item.strip()) for item in env.str(name, default=default).split(",") if item.strip()]
    except ValueError as error:
        raise ImproperlyConfigured(
            f"{name} must be IP addresses or networks, separated by commas, such as 10.0.0.0/8,192.0.2.7: {error}."
        ) from None
