-- What others see, where that is not the name.
ALTER TABLE users ADD COLUMN display_name TEXT;
-- 1: without a password, and deleted when not seen for long.
ALTER TABLE users ADD COLUMN guest INTEGER NOT NULL DEFAULT 0;
-- When the user last signed in or refreshed, to within a day; NULL: as created_at.
ALTER TABLE users ADD COLUMN seen_at INTEGER;
-- When an operator has shut the user out.
ALTER TABLE users ADD COLUMN disabled_at INTEGER;
-- When the deletion of the user began; the row goes when nothing of theirs is left elsewhere.
ALTER TABLE users ADD COLUMN deleting_at INTEGER;
-- SHA-256 of the code that an operator gave in place of a lost password, its end, and the session that it opened.
ALTER TABLE users ADD COLUMN reset_code BLOB;
ALTER TABLE users ADD COLUMN reset_until INTEGER;
ALTER TABLE users ADD COLUMN reset_session TEXT;
CREATE INDEX users_by_guest ON users (seen_at) WHERE guest = 1;
CREATE INDEX users_by_deletion ON users (deleting_at) WHERE deleting_at IS NOT NULL;
