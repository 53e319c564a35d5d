FROM python:3.13-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 DATA_DIR=/data
WORKDIR /app

COPY requirements.txt .
RUN pip install --no-cache-dir --require-hashes -r requirements.txt

COPY manage.py ./
COPY catalog_site catalog_site
COPY catalog catalog
COPY templates templates

# The key and the address are for this one command, which touches no database.
RUN useradd --system --home-dir /data --create-home catalog \
    && mkdir /data/copies \
    && SECRET_KEY=build DATABASE_URL=postgres://none/none ALLOWED_HOSTS=none python manage.py collectstatic --noinput \
    && chown -R catalog /data

USER catalog
EXPOSE 8000
CMD ["python", "manage.py", "serve", "--host=0.0.0.0"]
