-- What people are called on a recipe: the name that they had chosen when they were given it (empty: it has to be given
-- yet), the name as others there see it, and what it has in common with all names that look like it, which nobody else's
-- there has. Builds before write none of the three.
ALTER TABLE visits ADD COLUMN chosen_name TEXT NOT NULL DEFAULT '';
ALTER TABLE visits ADD COLUMN shown_name TEXT NOT NULL DEFAULT '';
ALTER TABLE visits ADD COLUMN look TEXT NOT NULL DEFAULT '';

-- Whoever came before has their username there, as `names.rs` would say it. Of two that look alike one gets another
-- name with the next visit.
UPDATE visits SET look = seen.look
FROM (SELECT user_id, recipe, look, row_number() OVER (PARTITION BY recipe, look ORDER BY user_id) AS nth
    FROM (SELECT user_id, recipe,
        replace(lower(replace(replace(replace(user_name, 'I', 'l'), '1', 'l'), '0', 'O')), 'm', 'rn') AS look
        FROM visits) AS looks) AS seen
WHERE seen.nth = 1 AND visits.user_id = seen.user_id AND visits.recipe = seen.recipe;

CREATE UNIQUE INDEX visits_by_look ON visits (recipe, look) WHERE look <> '';
