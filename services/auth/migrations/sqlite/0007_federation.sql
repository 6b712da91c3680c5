-- Who a user is at an issuer whose tokens are taken here.
CREATE TABLE federated_identities (
    issuer    TEXT NOT NULL,
    subject   TEXT NOT NULL,
    hash      TEXT NOT NULL,
    user_id   TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    linked_at INTEGER NOT NULL,
    PRIMARY KEY (issuer, subject)
) STRICT, WITHOUT ROWID;
CREATE INDEX federated_identities_by_user ON federated_identities (user_id);
-- Hashes of identities whose users were deleted, for as long as a token from before may live.
CREATE TABLE left_identities (
    hash    TEXT PRIMARY KEY,
    left_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX left_identities_by_time ON left_identities (left_at);
-- Hash of issuer, subject and sign-in there, of a session that such tokens have opened.
ALTER TABLE sessions ADD COLUMN federated_login TEXT;
CREATE INDEX sessions_by_federated_login ON sessions (federated_login, id) WHERE federated_login IS NOT NULL;
