CREATE TABLE recipes (
    id              TEXT    NOT NULL PRIMARY KEY,
    owner           TEXT    NOT NULL,
    visibility      TEXT    NOT NULL CHECK (visibility IN ('public', 'private')),
    title           TEXT    NOT NULL,
    revision        BIGINT NOT NULL,
    -- The recipe itself, since which revision it is as it is, and the revisions that can be undone.
    state           TEXT    NOT NULL,
    state_revision  BIGINT NOT NULL,
    undo            TEXT    NOT NULL,
    created_at      BIGINT NOT NULL,
    changed_at      BIGINT NOT NULL
);
CREATE INDEX recipes_by_owner ON recipes (owner, changed_at);

CREATE TABLE messages (
    recipe       TEXT    NOT NULL,
    revision     BIGINT NOT NULL,
    id           TEXT    NOT NULL,
    author       TEXT    NOT NULL,
    author_name  TEXT    NOT NULL,
    content      TEXT    NOT NULL,
    effect       TEXT,
    hint         TEXT,
    accepted_at  BIGINT NOT NULL,
    PRIMARY KEY (recipe, revision),
    -- What makes a message happen once, for ever.
    UNIQUE (recipe, author, id)
);

-- The recipe after each message that changed it, and at 0 as it was created.
CREATE TABLE versions (
    recipe    TEXT    NOT NULL,
    revision  BIGINT NOT NULL,
    state     TEXT    NOT NULL,
    PRIMARY KEY (recipe, revision)
);

-- Who was invited: by name, bound to the user when the name first joins.
CREATE TABLE members (
    recipe     TEXT NOT NULL,
    name       TEXT NOT NULL,
    user_id    TEXT,
    role       TEXT NOT NULL CHECK (role IN ('editor', 'viewer')),
    PRIMARY KEY (recipe, name)
);

-- Who has ever joined: serves to list recipes, and to tell whom a change excludes.
CREATE TABLE visits (
    user_id    TEXT NOT NULL,
    recipe     TEXT NOT NULL,
    user_name  TEXT NOT NULL,
    PRIMARY KEY (user_id, recipe)
);
CREATE INDEX visits_by_recipe ON visits (recipe);
