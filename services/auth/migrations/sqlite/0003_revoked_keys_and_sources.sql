-- From when a key signs that an operator has put in the place of the one before it.
ALTER TABLE signing_keys ADD COLUMN signs_from INTEGER;
-- Keys that an operator has thrown away; nothing secret is left of them.
CREATE TABLE revoked_keys (
    generation INTEGER PRIMARY KEY,
    kid        TEXT NOT NULL,
    revoked_at INTEGER NOT NULL
) STRICT;
-- Hash of the address block that the session was last signed in to or refreshed from.
ALTER TABLE sessions ADD COLUMN source BLOB;
CREATE INDEX sessions_by_source ON sessions (user_id, source) WHERE source IS NOT NULL;
