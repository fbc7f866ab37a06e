-- The three accounts of a hub on PostgreSQL; run once by a database administrator:
--   sudo -u postgres psql -q < roles.sql              (with --set host=NAME for another machine)
-- It makes up their passwords and prints the lines that belong in two hub.toml: nobody types a
-- password, and none stands on a command line or in a log.
-- The owner brings the tables up to date and does nothing else; the hub works as an account that
-- owns no table, so that row security binds it; the receiver reads nothing that was opened.
\set ON_ERROR_STOP on
\if :{?host}
\else
  \set host localhost
\endif
SET log_statement = 'none';
SET log_min_duration_statement = -1;
SET log_min_error_statement = 'panic';
CREATE ROLE linkwork_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE;
CREATE ROLE linkwork LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
CREATE ROLE linkwork_in LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
CREATE DATABASE linkwork OWNER linkwork_owner;
REVOKE CONNECT ON DATABASE linkwork FROM PUBLIC;
GRANT CONNECT ON DATABASE linkwork TO linkwork, linkwork_in;
-- Each of 244 random bits.
SELECT replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '') AS owner,
       replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '') AS hub,
       replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '') AS receiver \gset
ALTER ROLE linkwork_owner PASSWORD :'owner';
ALTER ROLE linkwork PASSWORD :'hub';
ALTER ROLE linkwork_in PASSWORD :'receiver';
\pset tuples_only on
\pset format unaligned
\echo '# For the end of /var/lib/linkwork-hub/hub.toml:'
SELECT format('database = "postgresql+psycopg://linkwork:%s@%s/linkwork"', :'hub', :'host');
SELECT format('database_owner = "postgresql+psycopg://linkwork_owner:%s@%s/linkwork"', :'owner', :'host');
SELECT 'receiver_role = "linkwork_in"';
\echo '# For the end of /var/lib/linkwork-hub-receive/hub.toml:'
SELECT 'port = 8421';
SELECT format('database = "postgresql+psycopg://linkwork_in:%s@%s/linkwork"', :'receiver', :'host');
