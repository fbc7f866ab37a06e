-- The three accounts of a hub on PostgreSQL; run once by a database administrator:
--   psql --set owner_password=... --set hub_password=... --set receiver_password=... -f roles.sql
-- The owner brings the tables up to date and does nothing else; the hub works as an account that
-- owns no table, so that row security binds it; the receiver reads nothing that was opened.
CREATE ROLE linkwork_owner LOGIN PASSWORD :'owner_password' NOSUPERUSER NOCREATEDB NOCREATEROLE;
CREATE ROLE linkwork LOGIN PASSWORD :'hub_password' NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
CREATE ROLE linkwork_in LOGIN PASSWORD :'receiver_password'
  NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
CREATE DATABASE linkwork OWNER linkwork_owner;
REVOKE CONNECT ON DATABASE linkwork FROM PUBLIC;
GRANT CONNECT ON DATABASE linkwork TO linkwork, linkwork_in;
