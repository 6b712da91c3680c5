-- A version may be kept as its difference to an earlier one, the base: a JSON array of texts and of [first character,
-- number of characters] of the base, which are the version when put together. `state` is empty then, `size` is how many
-- bytes the version has, and `number` counts the versions since the last whole one, which has 0. Versions are written
-- whole and without a number; upkeep gives them one. Builds from before find all versions whole in the view, which has
-- the name that the table had.
ALTER TABLE versions RENAME TO stored_versions;
ALTER TABLE stored_versions ADD COLUMN base INTEGER;
ALTER TABLE stored_versions ADD COLUMN difference TEXT;
ALTER TABLE stored_versions ADD COLUMN number INTEGER;
ALTER TABLE stored_versions ADD COLUMN size INTEGER;
CREATE INDEX versions_without_number ON stored_versions (recipe, revision) WHERE number IS NULL;

CREATE VIEW versions AS
    SELECT v.recipe AS recipe, v.revision AS revision, CASE WHEN v.base IS NULL THEN v.state ELSE (
        WITH RECURSIVE
        bases (depth, base, state, difference) AS (
            SELECT 0, v.base, v.state, v.difference
            UNION ALL
            SELECT bases.depth + 1, b.base, b.state, b.difference
            FROM bases JOIN stored_versions b ON b.recipe = v.recipe AND b.revision = bases.base),
        rebuilt (depth, state) AS (
            SELECT depth, state FROM bases WHERE base IS NULL
            UNION ALL
            SELECT bases.depth, (
                SELECT group_concat(CASE type WHEN 'text' THEN value
                    ELSE substr(rebuilt.state, value ->> 0, value ->> 1) END, '')
                FROM (SELECT type, value FROM json_each(bases.difference) ORDER BY key))
            FROM rebuilt JOIN bases ON bases.depth = rebuilt.depth - 1)
        SELECT state FROM rebuilt WHERE depth = 0) END AS state
    FROM stored_versions v;

CREATE TRIGGER version_added INSTEAD OF INSERT ON versions BEGIN
    INSERT INTO stored_versions (recipe, revision, state) VALUES (NEW.recipe, NEW.revision, NEW.state);
END;
CREATE TRIGGER version_deleted INSTEAD OF DELETE ON versions BEGIN
    DELETE FROM stored_versions WHERE recipe = OLD.recipe AND revision = OLD.revision;
END;
