-- When an operator last asked for everybody who uses the session to authenticate again.
ALTER TABLE sessions ADD COLUMN reviewed_at INTEGER;
CREATE INDEX sessions_by_review ON sessions (reviewed_at) WHERE reviewed_at IS NOT NULL;
CREATE INDEX sessions_by_user ON sessions (user_id);
