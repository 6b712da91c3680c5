-- Who a user is at an issuer whose tokens are taken here.
CREATE TABLE recipe_chat_auth.federated_identities (
    issuer    text NOT NULL,
    subject   text NOT NULL,
    hash      text NOT NULL,
    user_id   text NOT NULL REFERENCES recipe_chat_auth.users (id) ON DELETE CASCADE,
    linked_at bigint NOT NULL,
    PRIMARY KEY (issuer, subject)
);
CREATE INDEX federated_identities_by_user ON recipe_chat_auth.federated_identities (user_id);
-- Hashes of identities whose users were deleted, for as long as a token from before may live.
CREATE TABLE recipe_chat_auth.left_identities (
    hash    text PRIMARY KEY,
    left_at bigint NOT NULL
);
CREATE INDEX left_identities_by_time ON recipe_chat_auth.left_identities (left_at);
-- Hash of issuer, subject and sign-in there, of a session that such tokens have opened.
ALTER TABLE recipe_chat_auth.sessions ADD COLUMN federated_login text;
CREATE INDEX sessions_by_federated_login ON recipe_chat_auth.sessions (federated_login, id)
    WHERE federated_login IS NOT NULL;
