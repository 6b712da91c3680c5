-- Where owners are told of their recipes' messages. Times are milliseconds, 0: never. The log of messages is the queue: a
-- webhook was told up to the revision `told`. Who has `lease` tells it, until `leased_until`.
CREATE TABLE webhooks (
    id            TEXT    NOT NULL PRIMARY KEY,
    recipe        TEXT    NOT NULL,
    url           TEXT    NOT NULL,
    secret        TEXT    NOT NULL,
    talk          BIGINT NOT NULL,
    created_by    TEXT    NOT NULL,
    created_at    BIGINT NOT NULL,
    told          BIGINT NOT NULL,
    due_at        BIGINT NOT NULL DEFAULT 0,
    failures      BIGINT NOT NULL DEFAULT 0,
    failing_since BIGINT NOT NULL DEFAULT 0,
    off_at        BIGINT NOT NULL DEFAULT 0,
    lease         TEXT    NOT NULL DEFAULT '',
    leased_until  BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX webhooks_by_recipe ON webhooks (recipe);
CREATE INDEX webhooks_by_time ON webhooks (due_at) WHERE off_at = 0;
