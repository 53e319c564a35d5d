"""The log: one line per record, as JSON or as text, with the id of its request.

The length of a line is limited, and so is the number of similar lines: clients cannot flood the log.
"""

import json
import logging
import re
import time
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

REQUEST_ID: ContextVar[str] = ContextVar("request_id", default="")
"""The id of the request that this thread answers."""

LONGEST_MESSAGE = 1_000
LONGEST_TRACEBACK = 6_000
"""Characters; the last ones of a traceback."""
REFUSED = "django.security"
"""Django's loggers of refused requests. Anybody can cause such requests, and their tracebacks do not help, so they are warnings."""
FIELDS = "fields"
"""The attribute of a record that holds a dictionary of values for its line."""

LINK = re.compile(r"(/set-password/[^/\s]+/)[^/\s\"']+")
"""The address of a link that sets a password. Nobody who reads the log may use it."""

CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def document(record: logging.LogRecord) -> dict[str, Any]:
    """The values of a record's line."""
    at = datetime.fromtimestamp(record.created, UTC)
    result = {
        "time": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "level": "warning" if record.name.startswith(REFUSED) else record.levelname.lower(),
        "logger": record.name,
        "message": shortened(record.getMessage(), LONGEST_MESSAGE),
    }
    if request_id := REQUEST_ID.get():
        result["request_id"] = request_id
    result |= getattr(record, FIELDS, {})
    if record.exc_info and record.exc_info[0] is not None and not record.name.startswith(REFUSED):
        result["traceback"] = "".join(traceback.format_exception(*record.exc_info))[-LONGEST_TRACEBACK:]
    return {name: LINK.sub(r"\1…", value) if isinstance(value, str) else value for name, value in result.items()}


def shortened(text: str, longest: int) -> str:
    """A text, or its beginning and how long it was."""
    return text if len(text) <= longest else f"{text[:longest]}… ({len(text)} characters)"


class JsonFormatter(logging.Formatter):
    """For programs that read logs."""

    def format(self, record: logging.LogRecord) -> str:
        """One object in one line, in ASCII: nothing that a client sends can look like the end of a line."""
        return json.dumps(document(record), default=str)


class TextFormatter(logging.Formatter):
    """For people at a terminal: one line, and a traceback below it."""

    def format(self, record: logging.LogRecord) -> str:
        """Time, level, logger and message, and then the other values by their names."""
        values = document(record)
        trace = values.pop("traceback", "")
        first = " ".join(str(values.pop(name)) for name in ("time", "level", "logger", "message"))
        rest = "".join(f" {name}={value}" for name, value in values.items() if value not in ("", None))
        line = CONTROLS.sub(lambda found: f"\\x{ord(found[0]):02x}", first + rest)
        return f"{line}\n{trace.rstrip()}" if trace else line


class Flood(logging.Filter):
    """Limits the number of records that one statement writes in a period; the next record says how many were left out."""

    MOST, SECONDS = 30, 10.0

    def __init__(self) -> None:
        super().__init__()
        self.seen: dict[tuple[str, int], list[float]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a record is written. Statements are in the code, so their number is bounded."""
        now = time.monotonic()
        window = self.seen.setdefault((record.pathname, record.lineno), [now, 0, 0])
        if now - window[0] >= self.SECONDS:
            if window[2]:
                setattr(record, FIELDS, {**getattr(record, FIELDS, {}), "left_out": int(window[2])})
            window[:] = [now, 0, 0]
        window[1] += 1
        if window[1] > self.MOST:
            window[2] += 1
            return False
        return True
