-- Sessions of users who are gone, for as long as an access token of them may live.
CREATE TABLE ended_sessions (
    id         TEXT PRIMARY KEY,
    revoked_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX ended_sessions_by_end ON ended_sessions (revoked_at);
