-- Times are milliseconds since 1970, UTC.
CREATE TABLE recipe_chat_auth.users (
    id         text PRIMARY KEY,
    name       text NOT NULL,
    name_key   text NOT NULL UNIQUE,
    password   text NOT NULL,
    created_at bigint NOT NULL
);

CREATE TABLE recipe_chat_auth.sessions (
    id         text PRIMARY KEY,
    user_id    text NOT NULL REFERENCES recipe_chat_auth.users (id),
    generation bigint NOT NULL,
    newest     bytea NOT NULL,
    rotated_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    revoked_at bigint
);
CREATE INDEX sessions_by_end ON recipe_chat_auth.sessions (expires_at);
CREATE INDEX sessions_by_revocation ON recipe_chat_auth.sessions (revoked_at) WHERE revoked_at IS NOT NULL;

CREATE TABLE recipe_chat_auth.signing_keys (
    generation   bigint PRIMARY KEY,
    published_at bigint NOT NULL,
    pkcs8        bytea NOT NULL
);

CREATE TABLE recipe_chat_auth.secrets (
    name  text PRIMARY KEY,
    value bytea NOT NULL
);
