"""Signatures of webhooks, as in the Standard Webhooks specification: any of its libraries can check them."""

import base64
import hashlib
import hmac

PREFIX = "whsec_"


def signed(secret: str, message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The headers of a message. ``timestamp`` is in seconds since 1970; receivers refuse one that is several minutes old."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    content = f"{message_id}.{timestamp}.".encode() + body
    signature = base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()
    return {"webhook-id": message_id, "webhook-timestamp": str(timestamp), "webhook-signature": f"v1,{signature}"}
