-- From when a key signs that an operator has put in the place of the one before it.
ALTER TABLE recipe_chat_auth.signing_keys ADD COLUMN signs_from bigint;
-- Keys that an operator has thrown away; nothing secret is left of them.
CREATE TABLE recipe_chat_auth.revoked_keys (
    generation bigint PRIMARY KEY,
    kid        text NOT NULL,
    revoked_at bigint NOT NULL
);
-- Hash of the address block that the session was last signed in to or refreshed from.
ALTER TABLE recipe_chat_auth.sessions ADD COLUMN source bytea;
CREATE INDEX sessions_by_source ON recipe_chat_auth.sessions (user_id, source) WHERE source IS NOT NULL;
