-- Two roles for the catalog's database, of which neither is a superuser. Run it in that database as a superuser, again whenever you like:
--   psql --dbname=catalog --set=owner_password=… --set=site_password=… --file=deploy/roles.sql
-- catalog_owner owns the tables: migrate and restore. catalog_site reads and writes rows: the site, and all other commands.
\set ON_ERROR_STOP on
SELECT format('CREATE ROLE %I', name) FROM unnest(ARRAY['catalog_owner', 'catalog_site']) AS name
    WHERE name NOT IN (SELECT rolname FROM pg_roles) \gexec
ALTER ROLE catalog_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'owner_password';
ALTER ROLE catalog_site LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'site_password';
-- doctor and restore see who is connected, and for how long.
GRANT pg_read_all_stats TO catalog_owner, catalog_site;

ALTER DATABASE :"DBNAME" OWNER TO catalog_owner;
REVOKE ALL ON DATABASE :"DBNAME" FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE :"DBNAME" TO catalog_site;  -- reviews compare on temporary copies
ALTER SCHEMA public OWNER TO catalog_owner;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO catalog_site;

-- What is there, and what later migrations and restores make.
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO catalog_site;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO catalog_site;
ALTER DEFAULT PRIVILEGES FOR ROLE catalog_owner IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO catalog_site;
ALTER DEFAULT PRIVILEGES FOR ROLE catalog_owner IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO catalog_site;
