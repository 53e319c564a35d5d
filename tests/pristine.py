"""The rows that the migrations made, kept beside the tables, and put back after a test that commits."""

from django.db import connection
from django.db.backends.utils import CursorWrapper

REMEMBER = """
    CREATE SCHEMA pristine;

    DO $$ DECLARE name text; has_rows boolean; BEGIN
        FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
            EXECUTE format('SELECT EXISTS (SELECT FROM public.%1$I)', name) INTO has_rows;
            IF has_rows THEN
                EXECUTE format('CREATE TABLE pristine.%1$I AS TABLE public.%1$I', name);
            END IF;
        END LOOP;
    END $$;

    CREATE FUNCTION pristine.restore() RETURNS void LANGUAGE plpgsql
    SET session_replication_role = replica  -- no trigger is asked, and no foreign key
    AS $$ DECLARE name text; has_rows boolean; BEGIN
        FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
            EXECUTE format('SELECT EXISTS (SELECT FROM public.%1$I)', name) INTO has_rows;
            IF has_rows THEN
                EXECUTE format('DELETE FROM public.%1$I', name);
            END IF;
        END LOOP;
        FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'pristine' LOOP
            EXECUTE format('INSERT INTO public.%1$I OVERRIDING SYSTEM VALUE TABLE pristine.%1$I', name);
        END LOOP;
    END $$;
"""
DURABILITY = ("fsync", "full_page_writes")


def remember(cursor: CursorWrapper) -> None:
    """Keep what a freshly migrated database holds."""
    cursor.execute(REMEMBER)


def restore() -> None:
    """Make the tables hold that again, and nothing else."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pristine.restore()")


def forgo_durability(cursor: CursorWrapper) -> None:
    """Let a server that is thrown away after the tests not wait for its disk."""
    for name in DURABILITY:
        cursor.execute(f"ALTER SYSTEM SET {name} = off")
    cursor.execute("SELECT pg_reload_conf()")
