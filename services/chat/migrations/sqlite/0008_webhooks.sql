-- Where owners are told of their recipes' messages. Times are milliseconds, 0: never. The log of messages is the queue: a
-- webhook was told up to the revision `told`. Who has `lease` tells it, until `leased_until`.
CREATE TABLE webhooks (
    id            TEXT    NOT NULL PRIMARY KEY,
    recipe        TEXT    NOT NULL,
    url           TEXT    NOT NULL,
    secret        TEXT    NOT NULL,
    talk          INTEGER NOT NULL,
    created_by    TEXT    NOT NULL,
    created_at    INTEGER NOT NULL,
    told          INTEGER NOT NULL,
    due_at        INTEGER NOT NULL DEFAULT 0,
    failures      INTEGER NOT NULL DEFAULT 0,
    failing_since INTEGER NOT NULL DEFAULT 0,
    off_at        INTEGER NOT NULL DEFAULT 0,
    lease         TEXT    NOT NULL DEFAULT '',
    leased_until  INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX webhooks_by_recipe ON webhooks (recipe);
CREATE INDEX webhooks_by_time ON webhooks (due_at) WHERE off_at = 0;
