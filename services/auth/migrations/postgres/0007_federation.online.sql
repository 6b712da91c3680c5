-- What 0007_federation.sql does, for tables that are in use.
CREATE TABLE IF NOT EXISTS recipe_chat_auth.federated_identities (
    issuer    text NOT NULL,
    subject   text NOT NULL,
    hash      text NOT NULL,
    user_id   text NOT NULL REFERENCES recipe_chat_auth.users (id) ON DELETE CASCADE,
    linked_at bigint NOT NULL,
    PRIMARY KEY (issuer, subject)
);
CREATE INDEX IF NOT EXISTS federated_identities_by_user ON recipe_chat_auth.federated_identities (user_id);
CREATE TABLE IF NOT EXISTS recipe_chat_auth.left_identities (
    hash    text PRIMARY KEY,
    left_at bigint NOT NULL
);
CREATE INDEX IF NOT EXISTS left_identities_by_time ON recipe_chat_auth.left_identities (left_at);
ALTER TABLE recipe_chat_auth.sessions ADD COLUMN IF NOT EXISTS federated_login text;
CREATE INDEX CONCURRENTLY sessions_by_federated_login ON recipe_chat_auth.sessions (federated_login, id)
    WHERE federated_login IS NOT NULL;
