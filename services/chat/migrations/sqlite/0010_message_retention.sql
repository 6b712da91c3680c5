-- The text of an old message may go: `content` is empty then, and of what was written a digest stays, by which a message
-- that comes again is told from another one with its id. All messages of a recipe up to `emptied_upto` are such ones.
ALTER TABLE recipes ADD COLUMN emptied_upto INTEGER NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN content_digest TEXT;
