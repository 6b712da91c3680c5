-- A message is looked up by all three; most clients make ids that grow with time, so with the id before the author
-- the newest entries of a recipe lie together, and a commit touches fewer pages.
CREATE TABLE messages_by_id (
    recipe       TEXT    NOT NULL,
    revision     INTEGER NOT NULL,
    id           TEXT    NOT NULL,
    author       TEXT    NOT NULL,
    author_name  TEXT    NOT NULL,
    content      TEXT    NOT NULL,
    effect       TEXT,
    hint         TEXT,
    accepted_at  INTEGER NOT NULL,
    PRIMARY KEY (recipe, revision),
    -- What makes a message happen once, for ever.
    UNIQUE (recipe, id, author)
) STRICT, WITHOUT ROWID;
INSERT INTO messages_by_id SELECT * FROM messages;
DROP TABLE messages;
ALTER TABLE messages_by_id RENAME TO messages;
