//! The statements that PostgreSQL runs. Each is one transaction; many rows come as one array for each column.

pub(super) const CREATE: &str = "
    WITH created AS (
        INSERT INTO recipes (id, owner, visibility, title, revision, state, state_revision, undo,
            created_at, changed_at, published)
        SELECT $1::text, $2::text, $3::text, $4::text, $5::bigint, $6::text, $7::bigint, $8::text,
            $9::bigint, $9::bigint, $10::bool
        WHERE NOT EXISTS (SELECT 1 FROM retired_ids WHERE id = $1::text) ON CONFLICT DO NOTHING
        RETURNING id, state_revision, state),
    first AS (
        INSERT INTO stored_versions (recipe, revision, state)
        SELECT id, state_revision, state FROM created)
    SELECT 1 FROM created";

pub(super) const LOAD: &str = "
    SELECT id, owner, visibility, revision, state, state_revision, undo, changed_at,
        ARRAY(SELECT name FROM members m WHERE m.recipe = r.id ORDER BY name),
        ARRAY(SELECT user_id FROM members m WHERE m.recipe = r.id ORDER BY name),
        ARRAY(SELECT role FROM members m WHERE m.recipe = r.id ORDER BY name),
        (SELECT m.id FROM messages m WHERE m.recipe = r.id AND m.revision = r.revision), published,
        emptied_upto
    FROM recipes r WHERE id = ANY($1)";

pub(super) const FIND: &str = "
    SELECT m.revision, m.id, m.author, m.author_name, m.content, m.effect, m.hint, m.accepted_at,
        m.recipe, m.content_digest
    FROM UNNEST($1::text[], $2::text[], $3::text[]) AS k (recipe, author, id)
    JOIN messages m ON m.recipe = k.recipe AND m.author = k.author AND m.id = k.id";

/// Writes what is new about recipes, each only if it is still at the expected position; gives those that were.
pub(super) const COMMIT: &str = "
    WITH asked AS (
        SELECT * FROM UNNEST($1::text[], $2::bigint[], $3::bigint[], $4::text[], $5::bigint[],
            $6::text[], $7::bigint[], $8::text[], $9::text[], $28::text[], $29::bool[], $30::text[])
        AS a (id, expected, revision, visibility, changed_at, title, state_revision, state, undo,
            expected_message, published, owner)
        ORDER BY id),
    written AS (
        UPDATE recipes r SET revision = a.revision, visibility = a.visibility,
            changed_at = a.changed_at, title = a.title, state_revision = a.state_revision,
            state = coalesce(a.state, r.state), undo = coalesce(a.undo, r.undo),
            published = a.published, owner = a.owner
        FROM asked a WHERE r.id = a.id AND r.revision = a.expected
            AND (a.expected_message IS NULL OR a.expected_message =
                (SELECT m.id FROM messages m WHERE m.recipe = a.id AND m.revision = a.expected))
        RETURNING r.id),
    new_messages AS (
        INSERT INTO messages (recipe, revision, id, author, author_name, content, effect, hint,
            accepted_at)
        SELECT n.* FROM UNNEST($10::text[], $11::bigint[], $12::text[], $13::text[], $14::text[],
            $15::text[], $16::text[], $17::text[], $18::bigint[])
        AS n (recipe, revision, id, author, author_name, content, effect, hint, accepted_at)
        WHERE n.recipe IN (SELECT id FROM written)),
    new_versions AS (
        INSERT INTO stored_versions (recipe, revision, state)
        SELECT n.* FROM UNNEST($19::text[], $20::bigint[], $21::text[])
        AS n (recipe, revision, state) WHERE n.recipe IN (SELECT id FROM written)),
    new_members AS (
        INSERT INTO members (recipe, name, user_id, role, since)
        SELECT n.*, a.changed_at
        FROM UNNEST($22::text[], $23::text[], $24::text[], $25::text[])
            AS n (recipe, name, user_id, role) JOIN asked a ON a.id = n.recipe
        WHERE n.recipe IN (SELECT id FROM written)
        ON CONFLICT (recipe, name) DO UPDATE SET role = excluded.role,
            user_id = coalesce(members.user_id, excluded.user_id)),
    gone_members AS (
        DELETE FROM members m USING UNNEST($26::text[], $27::text[]) AS g (recipe, name)
        WHERE m.recipe = g.recipe AND m.name = g.name
            AND g.recipe IN (SELECT id FROM written))
    SELECT id FROM written";

pub(super) const OLDEST: &str = "
    SELECT revision, id, author, author_name, content, effect, hint, accepted_at FROM messages
    WHERE recipe = $1 AND revision <= $3 AND content_digest IS NULL
        AND revision > greatest($2::bigint, (SELECT emptied_upto FROM recipes WHERE id = $1))
    ORDER BY revision LIMIT $4";

pub(super) const NEWEST: &str = "
    SELECT * FROM (
        SELECT revision, id, author, author_name, content, effect, hint, accepted_at FROM messages
        WHERE recipe = $1 AND revision <= $3 AND content_digest IS NULL
            AND revision > greatest($2::bigint, (SELECT emptied_upto FROM recipes WHERE id = $1))
        ORDER BY revision DESC LIMIT $4)
    AS newest ORDER BY revision";

pub(super) const MESSAGE: &str = "
    SELECT revision, id, author, author_name, content, effect, hint, accepted_at FROM messages
    WHERE recipe = $1 AND revision = $2";

pub(super) const CHANGES: &str = "
    SELECT revision, id, author, author_name, content, effect, hint, accepted_at FROM messages
    WHERE recipe = $1 AND revision IN (SELECT revision FROM stored_versions
        WHERE recipe = $1 AND revision > 0 AND revision < $2 ORDER BY revision DESC LIMIT $3)
    ORDER BY revision DESC";

/// At least two, then until they have so many bytes; with each the revision of the next one, if there is any.
pub(super) const VERSIONS: &str = "
    SELECT revision, CASE WHEN base IS NULL THEN state ELSE version_state($1, revision) END, following FROM (
        SELECT revision, state, base, lead(revision) OVER w AS following, row_number() OVER w AS nth,
            sum(size) OVER w - size AS earlier
        FROM (
            SELECT revision, state, base, coalesce(size, octet_length(state)) AS size FROM stored_versions
            WHERE recipe = $1 AND revision <= $3 AND revision >=
                (SELECT max(revision) FROM stored_versions WHERE recipe = $1 AND revision <= $2)) AS sized
        WINDOW w AS (ORDER BY revision)) AS v
    WHERE nth <= 2 OR earlier < $4::bigint ORDER BY revision";

pub(super) const COUNT_MEMBERS: &str =
    "SELECT count(*) FROM recipes r JOIN members m ON m.recipe = r.id WHERE r.owner = $1";

pub(super) const OWNED: &str = "SELECT count(*) FROM recipes WHERE owner = $1";

/// The first of the names that nobody else there has; no row when all are taken.
pub(super) const VISIT: &str = "
    WITH known AS (SELECT 1 FROM visits WHERE user_id = $1 AND recipe = $2),
    free AS (
        SELECT c.name, c.look FROM unnest($5::text[], $6::text[]) WITH ORDINALITY AS c (name, look, nth)
        WHERE NOT EXISTS
            (SELECT 1 FROM visits v WHERE v.recipe = $2 AND v.look = c.look AND v.look <> '' AND v.user_id <> $1)
        ORDER BY c.nth LIMIT 1)
    INSERT INTO visits (user_id, recipe, user_name, chosen_name, shown_name, look)
    SELECT $1, $2, $3, $4, name, look FROM free
    ON CONFLICT (user_id, recipe) DO UPDATE SET user_name = excluded.user_name,
        chosen_name = excluded.chosen_name, shown_name = excluded.shown_name, look = excluded.look
    RETURNING NOT EXISTS (SELECT 1 FROM known), shown_name";

pub(super) const CALLED: &str = "
    SELECT v.recipe, v.user_id, v.chosen_name, v.shown_name
    FROM unnest($1::text[], $2::text[]) AS asked (recipe, user_id) JOIN visits v USING (recipe, user_id)";

pub(super) const VISITOR_NAME: &str = "
    SELECT coalesce(nullif(shown_name, ''), user_name) FROM visits WHERE user_id = $1 AND recipe = $2";

pub(super) const FORGET_VISIT: &str = "DELETE FROM visits WHERE user_id = $1 AND recipe = $2";

pub(super) const VISITORS: &str = "SELECT user_id FROM visits WHERE recipe = $1";

pub(super) const ADD_LINK: &str = "
    INSERT INTO links (id, recipe, token_hash, role, created_by, created_at, expires_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7)";

pub(super) const LINKS: &str = "
    SELECT id, recipe, role, created_by, created_at, expires_at FROM links
    WHERE recipe = $1 AND expires_at > $2 ORDER BY created_at, id";

pub(super) const COUNT_LINKS: &str =
    "SELECT count(*) FROM links WHERE created_by = $1 AND expires_at > $2";

pub(super) const FIND_LINK: &str = "
    SELECT id, recipe, role, created_by, created_at, expires_at FROM links WHERE token_hash = $1";

pub(super) const DELETE_LINK: &str = "DELETE FROM links WHERE recipe = $1 AND id = $2 RETURNING 1";

pub(super) const DELETE_EXPIRED_LINKS: &str = "
    DELETE FROM links WHERE id IN (SELECT id FROM links WHERE expires_at <= $1 LIMIT $2) RETURNING 1";

pub(super) const BIND: &str = "
    UPDATE members SET user_id = $3 WHERE recipe = $1 AND name = $2 AND user_id IS NULL";

pub(super) const LIST: &str = "
    SELECT id, title, revision, changed_at, owner,
        (SELECT coalesce(nullif(shown_name, ''), user_name)
            FROM visits WHERE user_id = r.owner AND recipe = r.id),
        (SELECT author FROM messages WHERE recipe = r.id AND revision = r.revision),
        (SELECT author_name FROM messages WHERE recipe = r.id AND revision = r.revision),
        visibility, published,
        (SELECT role FROM members m WHERE m.recipe = r.id
            AND (m.user_id = $1 OR m.user_id IS NULL AND m.name = $2) LIMIT 1),
        (state::json ->> 'servings')::bigint, (state::json -> 'tags')::text,
        (SELECT json_agg(value ->> 'name' ORDER BY number)::text
            FROM json_array_elements(state::json -> 'ingredients')
                WITH ORDINALITY AS ingredient (value, number)
            WHERE number <= 3),
        (SELECT json_agg(json_build_array(user_id, name_there) ORDER BY since, name)::text
            FROM (SELECT m.user_id, coalesce(nullif(v.shown_name, ''), v.user_name) AS name_there,
                m.since, m.name
                FROM members m JOIN visits v ON v.user_id = m.user_id AND v.recipe = m.recipe
                WHERE m.recipe = r.id ORDER BY m.since, m.name LIMIT 3) AS people)
    FROM recipes r
    WHERE id IN (
            SELECT id FROM recipes WHERE owner = $1
            UNION SELECT recipe FROM visits WHERE user_id = $1
            UNION SELECT recipe FROM members WHERE user_id = $1
            UNION SELECT recipe FROM members WHERE user_id IS NULL AND name = $2)
        AND (owner = $1 OR visibility = 'public' OR published OR EXISTS
            (SELECT 1 FROM members m WHERE m.recipe = r.id
                AND (m.user_id = $1 OR m.user_id IS NULL AND m.name = $2)))
        AND ($3::bigint IS NULL OR changed_at < $3 OR changed_at = $3 AND id > $4::text)
        AND ($5::text IS NULL OR search @@ to_tsquery('simple', search_folded($5)))
    ORDER BY changed_at DESC, id LIMIT $6";

/// Nothing of a recipe is left but its id, which is never given again.
pub(super) const DELETE: &str = "
    WITH deleted AS (DELETE FROM recipes WHERE id = $1 RETURNING id),
    messages AS (DELETE FROM messages WHERE recipe IN (SELECT id FROM deleted)),
    versions AS (DELETE FROM stored_versions WHERE recipe IN (SELECT id FROM deleted)),
    members AS (DELETE FROM members WHERE recipe IN (SELECT id FROM deleted)),
    visits AS (DELETE FROM visits WHERE recipe IN (SELECT id FROM deleted)),
    links AS (DELETE FROM links WHERE recipe IN (SELECT id FROM deleted)),
    webhooks AS (DELETE FROM webhooks WHERE recipe IN (SELECT id FROM deleted)),
    retired AS (
        INSERT INTO retired_ids (id) SELECT id FROM deleted ON CONFLICT DO NOTHING)
    SELECT 1 FROM deleted";

pub(super) const IS_RETIRED: &str = "SELECT 1 FROM retired_ids WHERE id = $1";

pub(super) const REVISIONS: &str = "SELECT id, revision FROM recipes WHERE id = ANY($1)";
