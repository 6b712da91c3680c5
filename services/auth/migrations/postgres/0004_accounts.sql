-- What others see, where that is not the name.
ALTER TABLE recipe_chat_auth.users ADD COLUMN display_name text;
-- 1: without a password, and deleted when not seen for long.
ALTER TABLE recipe_chat_auth.users ADD COLUMN guest bigint NOT NULL DEFAULT 0;
-- When the user last signed in or refreshed, to within a day; NULL: as created_at.
ALTER TABLE recipe_chat_auth.users ADD COLUMN seen_at bigint;
-- When an operator has shut the user out.
ALTER TABLE recipe_chat_auth.users ADD COLUMN disabled_at bigint;
-- When the deletion of the user began; the row goes when nothing of theirs is left elsewhere.
ALTER TABLE recipe_chat_auth.users ADD COLUMN deleting_at bigint;
-- SHA-256 of the code that an operator gave in place of a lost password, its end, and the session that it opened.
ALTER TABLE recipe_chat_auth.users ADD COLUMN reset_code bytea;
ALTER TABLE recipe_chat_auth.users ADD COLUMN reset_until bigint;
ALTER TABLE recipe_chat_auth.users ADD COLUMN reset_session text;
CREATE INDEX users_by_guest ON recipe_chat_auth.users (seen_at) WHERE guest = 1;
CREATE INDEX users_by_deletion ON recipe_chat_auth.users (deleting_at) WHERE deleting_at IS NOT NULL;
