"""Code that calls a model, ready to copy: curl, Python and JavaScript against the provider's own base URL."""

import json
from typing import Any, NamedTuple

from catalog.formats.catalog import ENDPOINTS
from catalog.listing import ModelFacts, ProviderFacts
from catalog.models import InputModality, OutputModality

KEY = "API_KEY"
PICTURE = "https://example.com/picture.jpg"


class Sample(NamedTuple):
    """A program and its language."""

    language: str
    title: str
    code: str


def samples(model: ModelFacts, provider: ProviderFacts) -> list[Sample]:
    """The programs for the model's first output modality; none if the address of the API is unknown."""
    if not provider.api_base_url or not model.output_modalities:
        return []
    produced = model.output_modalities[0]
    url = provider.api_base_url.rstrip("/") + ENDPOINTS[produced].removeprefix("/v1")
    if produced == OutputModality.TRANSCRIPTION:
        return _uploads(model, url)
    body = _body(model, produced)
    is_sound = produced == OutputModality.SPEECH
    return [
        _curl(url, body, is_sound=is_sound),
        _python(url, body, is_sound=is_sound),
        _javascript(url, body, is_sound=is_sound),
    ]


def _body(model: ModelFacts, produced: str) -> dict[str, Any]:
    prompt = "A lighthouse at dawn"
    if produced == OutputModality.EMBEDDINGS:
        return {"model": model.model_id, "input": ["First text", "Second text"]}
    if produced == OutputModality.RERANK:
        return {"model": model.model_id, "query": "What is a token?", "documents": ["First text", "Second text"]}
    if produced == OutputModality.SPEECH:
        return {"model": model.model_id, "input": "Hello.", "voice": _voice(model)}
    if produced in (OutputModality.IMAGE, OutputModality.VIDEO):
        return {"model": model.model_id, "prompt": prompt}
    content: Any = "Hello."
    if InputModality.IMAGE in model.input_modalities:
        content = [
            {"type": "text", "text": "What is in this picture?"},
            {"type": "image_url", "image_url": {"url": PICTURE}},
        ]
    return {"model": model.model_id, "messages": [{"role": "user", "content": content}]}


def _voice(model: ModelFacts) -> str:
    described = next((parameter for parameter in model.parameters if parameter.name == "voice"), None)
    return str(described.values[0]) if described and described.values else "alloy"


def _curl(url: str, body: dict[str, Any], *, is_sound: bool) -> Sample:
    data = json.dumps(body, indent=2, ensure_ascii=False).replace("'", "'\\''")
    output = " \\\n  --output speech.mp3" if is_sound else ""
    return Sample(
        "curl",
        "curl",
        f'curl {url} \\\n  -H "Authorization: Bearer ${KEY}" \\\n  -H "Content-Type: application/json" \\\n  -d \'{data}\'{output}',
    )


def _python(url: str, body: dict[str, Any], *, is_sound: bool) -> Sample:
    data = json.dumps(body, indent=4, ensure_ascii=False).replace("\n", "\n    ")
    use = 'pathlib.Path("speech.mp3").write_bytes(response.content)' if is_sound else "print(response.json())"
    imports = "import os\nimport pathlib\n" if is_sound else "import os\n"
    return Sample(
        "python",
        "Python",
        f'{imports}\nimport requests\n\nresponse = requests.post(\n    "{url}",\n'
        f'    headers={{"Authorization": f"Bearer {{os.environ[\'{KEY}\']}}"}},\n    json={data},\n    timeout=60,\n)\n'
        f"response.raise_for_status()\n{use}",
    )


def _javascript(url: str, body: dict[str, Any], *, is_sound: bool) -> Sample:
    data = json.dumps(body, indent=2, ensure_ascii=False).replace("\n", "\n  ")
    use = (
        'await writeFile("speech.mp3", Buffer.from(await response.arrayBuffer()));'
        if is_sound
        else "console.log(await response.json());"
    )
    imports = 'import { writeFile } from "node:fs/promises";\n\n' if is_sound else ""
    return Sample(
        "javascript",
        "JavaScript",
        f'{imports}const response = await fetch("{url}", {{\n  method: "POST",\n  headers: {{\n'
        f'    Authorization: `Bearer ${{process.env.{KEY}}}`,\n    "Content-Type": "application/json",\n  }},\n'
        f"  body: JSON.stringify({data}),\n}});\nif (!response.ok) throw new Error(await response.text());\n{use}",
    )


def _uploads(model: ModelFacts, url: str) -> list[Sample]:
    """A file goes as a form."""
    name = json.dumps(model.model_id)
    return [
        Sample(
            "curl",
            "curl",
            f'curl {url} \\\n  -H "Authorization: Bearer ${KEY}" \\\n  -F model={name} \\\n  -F file=@speech.mp3',
        ),
        Sample(
            "python",
            "Python",
            f'import os\n\nimport requests\n\nwith open("speech.mp3", "rb") as file:\n    response = requests.post(\n        "{url}",\n'
            f'        headers={{"Authorization": f"Bearer {{os.environ[\'{KEY}\']}}"}},\n        data={{"model": {name}}},\n'
            f'        files={{"file": file}},\n        timeout=60,\n    )\nresponse.raise_for_status()\nprint(response.json())',
        ),
        Sample(
            "javascript",
            "JavaScript",
            f'import {{ openAsBlob }} from "node:fs";\n\nconst form = new FormData();\nform.append("model", {name});\n'
            f'form.append("file", await openAsBlob("speech.mp3"), "speech.mp3");\nconst response = await fetch("{url}", {{\n'
            f'  method: "POST",\n  headers: {{ Authorization: `Bearer ${{process.env.{KEY}}}` }},\n  body: form,\n}});\n'
            f"if (!response.ok) throw new Error(await response.text());\nconsole.log(await response.json());",
        ),
    ]
