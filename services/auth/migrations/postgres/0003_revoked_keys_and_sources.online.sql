-- What 0003_revoked_keys_and_sources.sql does, for tables that are in use.
ALTER TABLE recipe_chat_auth.signing_keys ADD COLUMN IF NOT EXISTS signs_from bigint;
CREATE TABLE IF NOT EXISTS recipe_chat_auth.revoked_keys (
    generation bigint PRIMARY KEY,
    kid        text NOT NULL,
    revoked_at bigint NOT NULL
);
ALTER TABLE recipe_chat_auth.sessions ADD COLUMN IF NOT EXISTS source bytea;
CREATE INDEX CONCURRENTLY sessions_by_source ON recipe_chat_auth.sessions (user_id, source) WHERE source IS NOT NULL;
