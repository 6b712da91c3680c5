-- When an operator last asked for everybody who uses the session to authenticate again.
ALTER TABLE recipe_chat_auth.sessions ADD COLUMN reviewed_at bigint;
CREATE INDEX sessions_by_review ON recipe_chat_auth.sessions (reviewed_at) WHERE reviewed_at IS NOT NULL;
CREATE INDEX sessions_by_user ON recipe_chat_auth.sessions (user_id);
