-- Sessions of users who are gone, for as long as an access token of them may live.
CREATE TABLE recipe_chat_auth.ended_sessions (
    id         text PRIMARY KEY,
    revoked_at bigint NOT NULL
);
CREATE INDEX ended_sessions_by_end ON recipe_chat_auth.ended_sessions (revoked_at);
