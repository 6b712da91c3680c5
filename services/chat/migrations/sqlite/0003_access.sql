-- With visibility 'private' and published 1 everybody may read the recipe; builds before take it as private. What is
-- stored as 'public' is open: whoever has the id may come in and change it.
ALTER TABLE recipes ADD COLUMN published INTEGER NOT NULL DEFAULT 0;

-- When somebody was invited, in milliseconds; 0: before this was noted.
ALTER TABLE members ADD COLUMN since INTEGER NOT NULL DEFAULT 0;

-- Ids of deleted recipes: they are never given again.
CREATE TABLE retired_ids (
    id  TEXT NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- Invitations by link. The token itself is not kept.
CREATE TABLE links (
    id          TEXT    NOT NULL PRIMARY KEY,
    recipe      TEXT    NOT NULL,
    token_hash  TEXT    NOT NULL UNIQUE,
    role        TEXT    NOT NULL CHECK (role IN ('editor', 'viewer')),
    created_by  TEXT    NOT NULL,
    created_at  INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX links_by_recipe ON links (recipe);
CREATE INDEX links_by_end ON links (expires_at);
