"""A server that answers as the Hugging Face hub does, with repositories written for the tests.

Shapes, headers and status codes are the hub's: a repository that does not exist answers 401 with ``X-Error-Code:
RepoNotFound``, files come by way of a relative redirect to ``/api/resolve-cache/``, renamed repositories redirect with 307.
"""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SHA = "0123456789abcdef0123456789abcdef01234567"


class Hub:
    """The repositories of a hub, and what was asked of it."""

    def __init__(self) -> None:
        self.answers: dict[str, Callable[[BaseHTTPRequestHandler], None]] = {}
        self.asked: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.url = ""
        self.is_over = threading.Event()

    def path(self, path: str, body: bytes | str = b"", status: int = 200, **headers: str) -> None:
        """Answer a path with these bytes."""
        content = body.encode() if isinstance(body, str) else body

        def answer(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(status)
            for name, value in headers.items():
                handler.send_header(name.replace("_", "-"), value)
            handler.send_header("Content-Length", str(len(content)))
            handler.end_headers()
            handler.wfile.write(content)

        self.answers[path] = answer

    def repository(self, name: str, files: dict[str, Any] | None = None, **info: Any) -> None:
        """A public model with its files; a dict is written as JSON."""
        files = files or {}
        self.path(
            f"/api/models/{name}",
            json.dumps(
                {
                    "_id": "68ac0000000000000000abcd",
                    "id": name,
                    "modelId": name,
                    "author": name.partition("/")[0],
                    "sha": SHA,
                    "private": False,
                    "gated": False,
                    "disabled": False,
                    "downloads": 1234,
                    "likes": 56,
                    "library_name": "transformers",
                    "createdAt": "2026-02-03T04:05:06.000Z",
                    "lastModified": "2026-03-04T05:06:07.000Z",
                    "siblings": [{"rfilename": file} for file in (".gitattributes", *files, "model.safetensors")],
                    "usedStorage": 1000,
                    **info,
                }
            ),
            Content_Type="application/json; charset=utf-8",
        )
        for file, content in files.items():
            cached = f"/api/resolve-cache/models/{name}/{SHA}/{file}"
            self.path(f"/{name}/resolve/{SHA}/{file}", "Temporary Redirect.", 307, Location=f"{cached}?etag=%22a%22")
            self.path(cached, content if isinstance(content, bytes | str) else json.dumps(content))

    def refuse(self, path: str, status: int, code: str, message: str = "") -> None:
        """Refuse a path as the hub does."""
        self.path(path, json.dumps({"error": message}), status, X_Error_Code=code, X_Error_Message=message)


@contextmanager
def running_hub() -> Iterator[Hub]:
    """A hub on a port of its own."""
    hub = Hub()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            hub.asked.append(path)
            hub.headers.append(dict(self.headers))
            if path not in hub.answers:
                hub.refuse(path, 401, "RepoNotFound", "Repository not found")
            with suppress(OSError):  # the reader may have gone
                hub.answers[path](self)

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    hub.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        hub.is_over.set()
        server.shutdown()
        server.server_close()
        thread.join()


CARD = """---
license: apache-2.0
pipeline_tag: text-generation
---

# Acme 8B
<a href="https://acme.example/" target="_blank"><img alt="Chat" src="https://img.example/badge.svg"/></a>

[![Licence](https://img.example/licence.svg)](LICENSE)

> [!NOTE]
> Use the newest transformers, or you will see an error that says nothing.

## Highlights

**Acme 8B** is the newest of the [Acme models](https://acme.example/models), a dense model &amp; a small one,
made for `agents` that call tools.

- It has features.
"""


def dense(hub: Hub, name: str = "Acme/Acme-8B", **changes: Any) -> None:
    """A dense text model as most are."""
    config = {
        "architectures": ["AcmeForCausalLM"],
        "model_type": "acme",
        "max_position_embeddings": 40960,
        "rope_scaling": None,
        "torch_dtype": "bfloat16",
        **changes.pop("config", {}),
    }
    tokenizer = {"model_max_length": 131072, "added_tokens_decoder": {}, **changes.pop("tokenizer", {})}
    hub.repository(
        name,
        {"config.json": config, "tokenizer_config.json": tokenizer, "README.md": CARD, **changes.pop("files", {})},
        **{
            "pipeline_tag": "text-generation",
            "tags": ["transformers", "safetensors", "text-generation", "license:apache-2.0", "region:us"],
            "cardData": {"license": "apache-2.0", "pipeline_tag": "text-generation"},
            "config": {"architectures": ["AcmeForCausalLM"], "model_type": "acme"},
            "safetensors": {"parameters": {"BF16": 8190735360}, "total": 8190735360},
            **changes,
        },
    )
