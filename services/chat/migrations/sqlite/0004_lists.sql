-- Whose a recipe is by invitation.
CREATE INDEX members_by_user ON members (user_id);
CREATE INDEX members_by_name ON members (name) WHERE user_id IS NULL;

-- What recipes are found by: title, tags and ingredients, kept by triggers, so that builds before keep it as well.
CREATE TABLE search_rows (
    number  INTEGER NOT NULL PRIMARY KEY,
    recipe  TEXT    NOT NULL UNIQUE
) STRICT;
CREATE VIRTUAL TABLE search USING fts5(
    words, content = '', contentless_delete = 1, tokenize = "unicode61 remove_diacritics 2"
);

CREATE VIEW search_words AS
    SELECT id AS recipe, title
        || ' ' || coalesce((SELECT group_concat(value, ' ') FROM json_each(state, '$.tags')), '')
        || ' ' || coalesce((SELECT group_concat(value ->> '$.name', ' ')
            FROM json_each(state, '$.ingredients')), '') AS words
    FROM recipes;

INSERT INTO search_rows (recipe) SELECT id FROM recipes;
INSERT INTO search (rowid, words)
    SELECT number, words FROM search_rows JOIN search_words USING (recipe);

CREATE TRIGGER search_added AFTER INSERT ON recipes BEGIN
    INSERT INTO search_rows (recipe) VALUES (NEW.id);
    INSERT INTO search (rowid, words)
        SELECT number, words FROM search_rows JOIN search_words USING (recipe)
        WHERE recipe = NEW.id;
END;
CREATE TRIGGER search_changed AFTER UPDATE OF state ON recipes
WHEN NEW.state_revision <> OLD.state_revision BEGIN
    UPDATE search SET words = (SELECT words FROM search_words WHERE recipe = NEW.id)
        WHERE rowid = (SELECT number FROM search_rows WHERE recipe = NEW.id);
END;
CREATE TRIGGER search_deleted AFTER DELETE ON recipes BEGIN
    DELETE FROM search WHERE rowid = (SELECT number FROM search_rows WHERE recipe = OLD.id);
    DELETE FROM search_rows WHERE recipe = OLD.id;
END;
