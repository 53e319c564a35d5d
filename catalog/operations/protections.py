"""Check that the database still has the rules and triggers that the models define.

A superuser can drop or disable any of them, and a table that was created by hand has none. Lists are then made from unchecked rows.
"""

import pgtrigger
from django.apps import apps
from django.db import connection


def missing_rules() -> list[str]:
    """The constraints that are missing from the catalog's tables, as ``table.constraint``."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE conrelid <> 0 "
            "UNION SELECT tablename, indexname FROM pg_indexes WHERE schemaname = current_schema()"
        )
        found = set(cursor.fetchall())
    tables = [model._meta for model in apps.get_app_config("catalog").get_models()]
    stated = {(table.db_table, constraint.name) for table in tables for constraint in table.constraints}
    return sorted(f"{table}.{name}" for table, name in stated - found)


def missing_triggers() -> list[str]:
    """The triggers of the catalog's tables that are missing or disabled, as ``table.trigger``."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE tgenabled IN ('O', 'A')")
        found = set(cursor.fetchall())
    stated = [(model._meta.db_table, trigger, trigger.get_pgid(model)) for model, trigger in pgtrigger.registered()]
    return sorted(f"{table}.{trigger.name}" for table, trigger, name in stated if (table, name) not in found)
