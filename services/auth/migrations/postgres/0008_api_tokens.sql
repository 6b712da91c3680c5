-- An API token is a login session with a scope: what it is limited to, and what its user calls it. Its hash is `newest`, its
-- last use `rotated_at`, and `generation` is 1 once it was used.
ALTER TABLE recipe_chat_auth.sessions ADD COLUMN scope text;
ALTER TABLE recipe_chat_auth.sessions ADD COLUMN api_name text;
