-- What 0002_reviews.sql does, for a table that is in use.
ALTER TABLE recipe_chat_auth.sessions ADD COLUMN IF NOT EXISTS reviewed_at bigint;
CREATE INDEX CONCURRENTLY sessions_by_review ON recipe_chat_auth.sessions (reviewed_at) WHERE reviewed_at IS NOT NULL;
CREATE INDEX CONCURRENTLY sessions_by_user ON recipe_chat_auth.sessions (user_id);
