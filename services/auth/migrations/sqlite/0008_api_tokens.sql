-- An API token is a login session with a scope: what it is limited to, and what its user calls it. Its hash is `newest`, its
-- last use `rotated_at`, and `generation` is 1 once it was used.
ALTER TABLE sessions ADD COLUMN scope TEXT;
ALTER TABLE sessions ADD COLUMN api_name TEXT;
