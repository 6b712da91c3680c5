-- What 0005_names.sql does, for a table that is in use.
ALTER TABLE visits ADD COLUMN IF NOT EXISTS chosen_name TEXT NOT NULL DEFAULT '',
    ADD COLUMN IF NOT EXISTS shown_name TEXT NOT NULL DEFAULT '',
    ADD COLUMN IF NOT EXISTS look TEXT NOT NULL DEFAULT '';
UPDATE visits SET look = seen.look
FROM (SELECT user_id, recipe, look, row_number() OVER (PARTITION BY recipe, look ORDER BY user_id) AS nth
    FROM (SELECT user_id, recipe,
        replace(lower(replace(replace(replace(user_name, 'I', 'l'), '1', 'l'), '0', 'O')), 'm', 'rn') AS look
        FROM visits) AS looks) AS seen
WHERE seen.nth = 1 AND visits.look = '' AND visits.user_id = seen.user_id AND visits.recipe = seen.recipe;
CREATE UNIQUE INDEX CONCURRENTLY visits_by_look ON visits (recipe, look) WHERE look <> '';
