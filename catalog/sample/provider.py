"""The sample's provider and datacenters, which are invented."""

PROVIDER = {
    "slug": "acme",
    "name": "Acme Inference",
    "headquarters": "DE",
    "api_base_url": "https://api.acme.example/v1",
    "docs_url": "https://docs.acme.example/models",
    "privacy_policy_url": "https://acme.example/privacy",
    "terms_of_service_url": "https://acme.example/terms",
    "status_page_url": "https://status.acme.example",
}

DATACENTERS = [
    ("fra1", "Frankfurt", "DE", "eu-central-1"),
    ("hel1", "Helsinki", "FI", "eu-north-1"),
    ("iad1", "Ashburn", "US", "us-east-1"),
    ("nrt1", "Tokyo", "JP", "ap-northeast-1"),
]
