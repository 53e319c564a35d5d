#!/usr/bin/env python3
"""Plans and applies a catalog that is kept as a file, from a pipeline. It needs only Python 3.9 or newer: copy it into your
repository.

    catalog_import.py plan FILE
    catalog_import.py apply FILE --digest DIGEST [--confirm TEXT]
    catalog_import.py propose FILE --digest DIGEST [--reason TEXT]

CATALOG_URL is the address of the site, and CATALOG_KEY an API key for imports. Prints the plan, or what was done, as Markdown. In
a workflow of GitHub it also sets the outputs ``digest``, ``state`` and ``confirm``. Exits with 0 if it is planned, applied or
proposed, 1 if it is refused, and 2 if the site cannot be asked.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import uuid
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urljoin
from urllib.request import Request, urlopen

ATTEMPTS = 8
"""How often a request is sent that gets no answer, or is asked to wait."""
PATIENCE = 1800.0
"""Seconds to wait for a result."""
SHOWN = 50
"""Changes, and other rows of one kind, that are printed; ``--json`` has all."""


class NoAnswer(Exception):
    """The site could not be asked."""


def send(request: Request) -> tuple[int, Any, dict[str, Any]]:
    """The status, the headers and the document of an answer. Raises ``NoAnswer``."""
    for attempt in range(ATTEMPTS):
        try:
            with urlopen(request, timeout=120) as answer:
                return answer.status, answer.headers, json.load(answer)
        except HTTPError as error:
            document = json.loads(error.read() or b"{}")
            if error.code not in (429, 502, 503, 504) or "state" in document:
                return error.code, error.headers, document
            why, wait = f"{error.code} {document}", error.headers.get("Retry-After", "")
        except (URLError, HTTPException, OSError, ValueError) as error:
            why, wait = str(error), ""
        if attempt < ATTEMPTS - 1:
            time.sleep(float(wait) if wait.isdigit() else min(2.0**attempt, 30.0))
    raise NoAnswer(f"{request.full_url} does not answer: {why}")


def form(name: str, content: bytes, fields: list[tuple[str, str]]) -> tuple[str, bytes]:
    """The content type and the body of a form with a file (RFC 7578)."""
    boundary = uuid.uuid4().hex
    name = name.replace('"', "%22").replace("\r", "").replace("\n", "")
    parts = [f'Content-Disposition: form-data; name="{field}"\r\n\r\n{value}'.encode() for field, value in fields]
    parts.append(f'Content-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode() + content)
    body = b"".join(b"--%s\r\n%s\r\n" % (boundary.encode(), part) for part in parts)
    return f"multipart/form-data; boundary={boundary}", body + b"--%s--\r\n" % boundary.encode()


def ask(site: str, key: str, name: str, content: bytes, fields: list[tuple[str, str]]) -> tuple[int, dict[str, Any]]:
    """The status and the document of the result. If it is sent again after a lost answer, it stays one import."""
    content_type, body = form(name, content, fields)
    headers = {"Authorization": f"Bearer {key}", "Accept": "application/json"}
    sent = {**headers, "Content-Type": content_type, "Idempotency-Key": uuid.uuid4().hex}
    give_up = time.monotonic() + PATIENCE
    for _ in range(ATTEMPTS):
        status, answer, document = send(Request(urljoin(site, "/api/v1/imports"), body, sent))
        while status == 202:
            if time.monotonic() > give_up:
                raise NoAnswer(f"The import {document['id']} takes too long.")
            time.sleep(float(answer["Retry-After"]))
            address = urljoin(site, answer["Location"] or f"/api/v1/imports/{document['id']}")
            status, answer, document = send(Request(address, headers=headers))
        if document.get("state") != "failed":  # the import was interrupted, and is sent again
            return status, document
    raise NoAnswer(document["why"])


def lines_of(document: dict[str, Any]) -> list[str]:
    """The document as Markdown: what must be decided first."""
    counts, state = document.get("counts", {}), document.get("state", "refused")
    lines = [f"### Catalog: {state}", ""]
    if "error" in document:
        lines += [document["error"]["message"], ""]
    if counts:
        summary = ", ".join(f"{counts[name]:,} {name}" for name in ("new", "changed", "unchanged"))
        lines += [f"{summary} models.{' Only a publisher may apply it.' if document['needs_publisher'] else ''}", ""]
    if state == "planned" and document["confirm"]:
        lines += [f"**To apply it, confirm `{document['confirm']}`:**", ""]
        lines += [f"- `{model_id}`: {' '.join(sentences)}" for model_id, sentences in document["dangers"].items()] + [""]
    for name, heading in (
        ("problems", "Problems"),
        ("warnings", "Prices to check"),
        ("missing", "Not listed"),
        ("notes", "Notes"),
    ):
        rows = document.get(name, [])
        lines += [f"**{heading}**", ""] * bool(rows)
        lines += [
            f"- {one['entry']}{': ' + one['field'] if one['field'] else ''}: {one['sentence']}" for one in rows[:SHOWN]
        ]
        lines += [f"- and {len(rows) - SHOWN:,} more"] * (len(rows) > SHOWN) + [""] * bool(rows)
    if created := document.get("created", []):
        more = f" and {len(created) - SHOWN:,} more" if len(created) > SHOWN else ""
        lines += [f"New: {', '.join(f'`{one}`' for one in created[:SHOWN])}{more}", ""]
    if changes := document.get("changes", []):
        lines += ["| model | field | before | after |", "|---|---|---|---|"]
        lines += [
            "| " + " | ".join(_cell(one[name]) for name in ("model_id", "field", "old", "new")) + " |"
            for one in changes[:SHOWN]
        ]
        lines += [f"and {len(changes) - SHOWN:,} more", ""] if len(changes) > SHOWN else [""]
    effects: dict[str, int] = {}
    for one in document.get("openrouter", []):
        effects[one["sentence"]] = effects.get(one["sentence"], 0) + 1
    if effects:
        lines += ["**OpenRouter**", "", *(f"- {sentence} ({number:,})" for sentence, number in effects.items()), ""]
    if state == "planned":
        lines += [f"Digest of this plan: `{document['digest']}`"]
    return lines


def _cell(value: str | None) -> str:
    return "" if value is None else str(value).replace("|", "\\|").replace("\n", " ")


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=["plan", "apply", "propose"])
    parser.add_argument("file", type=Path)
    parser.add_argument("--digest", help="That of the plan to apply or propose.")
    parser.add_argument("--confirm", default="", help="What the plan asks to confirm.")
    parser.add_argument("--reason", default="", help="The reason of a proposal.")
    parser.add_argument("--format", help="The format of the file. Detected if not given.")
    parser.add_argument("--prices-per", choices=["token", "million"], help="The unit of the token prices.")
    parser.add_argument("--list-on-openrouter", action="store_true", help="List new, complete models on OpenRouter.")
    parser.add_argument("--skip", metavar="ID", action="append", default=[], help="Leave out this model. Can be repeated.")
    parser.add_argument("--json", metavar="FILE", type=Path, help="Write the whole answer to a file.")
    options = parser.parse_args()
    if (options.action == "plan") != (options.digest is None):
        parser.error("apply and propose need --digest, and a plan has none")
    fields = [(name, getattr(options, name)) for name in ("digest", "confirm", "reason", "format", "prices_per")]
    fields = [(name, value) for name, value in fields if value]
    fields += [("list_on_openrouter", "true")] * options.list_on_openrouter + [("propose", "true")] * (
        options.action == "propose"
    )
    fields += [("skip", one) for one in options.skip]
    try:
        content = options.file.read_bytes()
        status, document = ask(os.environ["CATALOG_URL"], os.environ["CATALOG_KEY"], options.file.name, content, fields)
    except KeyError as missing:
        print(f"Set {missing}.", file=sys.stderr)
        return 2
    except (NoAnswer, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    if options.json:
        options.json.write_text(json.dumps(document, ensure_ascii=False, indent=2), encoding="utf-8")
    print("\n".join(lines_of(document)))
    if outputs := os.environ.get("GITHUB_OUTPUT"):
        with Path(outputs).open("a", encoding="utf-8") as out:
            out.writelines(f"{name}={document.get(name) or ''}\n" for name in ("digest", "state", "confirm"))
    return 0 if status == 200 else 1


if __name__ == "__main__":
    sys.exit(main())
