"""A pipeline that imports with a key."""

from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Group, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from catalog.models import ApiKey, KeyScope

IMPORTS = "/api/v1/imports"
NEW = "model_id,name\nacme/new,Acme New\n"


def make_owner(group: str = "Publisher") -> User:
    """A colleague of that group."""
    user = User.objects.create_user(f"ci-{group.lower()}", is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    return user


def make_key(owner: User, *scopes: KeyScope, **facts: Any) -> str:
    """A key for imports: for all of them, unless some are named."""
    facts = {"expiry_date": timezone.now() + timedelta(days=30), **facts}
    return ApiKey.objects.create_key(name="CI", owner=owner, scopes=scopes or list(KeyScope), **facts)[1]


class Pipeline:
    """Sends files with a key."""

    def __init__(self, key: str) -> None:
        self.client = Client(headers={"host": "localhost", "authorization": f"Bearer {key}"})

    def post(self, content: str | bytes = NEW, *, name: str = "models.csv", idempotency_key: str = "", **fields: Any) -> Any:
        """The answer to POST."""
        data = content.encode() if isinstance(content, str) else content
        headers = {"idempotency-key": idempotency_key} if idempotency_key else {}
        return self.client.post(IMPORTS, {"file": SimpleUploadedFile(name, data), **fields}, headers=headers)

    def result(self, content: str | bytes = NEW, **fields: Any) -> tuple[int, dict[str, Any]]:
        """The status and the document of the result, after the work."""
        taken = self.post(content, **fields)
        assert taken.status_code == 202, taken.json()
        answer = self.client.get(taken["Location"])
        return answer.status_code, answer.json()
