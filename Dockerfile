# syntax=docker/dockerfile:1
# The site and its commands: no compiler, no root, and only /data, /backups and /tmp are writable.
# The base is pinned by digest; docs/deployment.md says how to take a newer one.
ARG PYTHON=python:3.13-slim-trixie@sha256:9d2e5553305c7c7b0097999bb17187c69b921ccd6bc9d40e4bb5ebe652c00285

FROM ${PYTHON} AS packages
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /build
COPY requirements.txt requirements-audit.txt ./
RUN python -m venv /opt/catalog \
    && /opt/catalog/bin/pip install --require-hashes --only-binary=:all: -r requirements.txt
# A list of the image's contents (CycloneDX), made from the installed packages by a tool that is not installed.
RUN python -m venv /opt/audit \
    && /opt/audit/bin/pip install --require-hashes --only-binary=:all: -r requirements-audit.txt \
    && /opt/audit/bin/cyclonedx-py environment --output-reproducible --output-file /opt/catalog/sbom.cdx.json /opt/catalog/bin/python \
    && /opt/catalog/bin/pip uninstall --yes pip

FROM ${PYTHON} AS site
ENV PATH=/opt/catalog/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    DATA_DIR=/data STATIC_ROOT=/app/static PORT=8000
WORKDIR /app
COPY --from=packages /opt/catalog /opt/catalog
COPY manage.py pyproject.toml ./
COPY catalog_site catalog_site
COPY catalog catalog
COPY templates templates
COPY docs docs
# collectstatic needs no database, so the embedded one is not started.
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin catalog \
    && mkdir --parents /data /backups \
    && DATA_DIR=/tmp/build python manage.py collectstatic --noinput \
    && python -m compileall -q catalog catalog_site \
    && rm -r /tmp/build \
    && chown catalog /data /backups

ARG VERSION=0.2.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Model catalog" \
    org.opencontainers.image.description="The models that an inference provider serves, kept in an admin and sent to OpenRouter." \
    org.opencontainers.image.licenses="Apache-2.0" \
    org.opencontainers.image.version="${VERSION}" \
    org.opencontainers.image.revision="${REVISION}"

USER 10001
VOLUME ["/data"]
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f\"http://127.0.0.1:{os.environ['PORT']}/health/live\", timeout=4)"]
CMD ["python", "manage.py", "serve", "--host=0.0.0.0"]
