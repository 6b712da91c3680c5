-- The rest of 0008_version_differences.sql, all together: from one moment to the next it is a view.
ALTER TABLE versions RENAME TO stored_versions;

CREATE FUNCTION version_rebuilt(base_state TEXT, difference TEXT) RETURNS TEXT LANGUAGE sql IMMUTABLE AS $$
    SELECT string_agg(CASE json_typeof(piece) WHEN 'string' THEN piece #>> '{}'
        ELSE substr(base_state, (piece ->> 0)::int, (piece ->> 1)::int) END, '' ORDER BY nth)
    FROM json_array_elements(difference::json) WITH ORDINALITY AS pieces (piece, nth)
$$;
-- Without a version, or a base of it, that is NULL.
CREATE FUNCTION version_state(of_recipe TEXT, of_revision BIGINT) RETURNS TEXT LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT AS $$
DECLARE
    stored stored_versions%ROWTYPE;
    differences TEXT[] := '{}';
    next_difference TEXT;
    rebuilt TEXT;
BEGIN
    LOOP
        SELECT * INTO stored FROM stored_versions WHERE recipe = of_recipe AND revision = of_revision;
        IF NOT FOUND THEN
            RETURN NULL;
        END IF;
        EXIT WHEN stored.base IS NULL;
        differences := stored.difference || differences;
        of_revision := stored.base;
    END LOOP;
    rebuilt := stored.state;
    FOREACH next_difference IN ARRAY differences LOOP
        rebuilt := version_rebuilt(rebuilt, next_difference);
    END LOOP;
    RETURN rebuilt;
END
$$;

CREATE VIEW versions AS
    SELECT recipe, revision, CASE WHEN base IS NULL THEN state ELSE version_state(recipe, revision) END AS state
    FROM stored_versions;

CREATE FUNCTION version_written() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        DELETE FROM stored_versions WHERE recipe = OLD.recipe AND revision = OLD.revision;
        RETURN OLD;
    END IF;
    INSERT INTO stored_versions (recipe, revision, state) VALUES (NEW.recipe, NEW.revision, NEW.state);
    RETURN NEW;
END
$$;
CREATE TRIGGER version_written INSTEAD OF INSERT OR DELETE ON versions
    FOR EACH ROW EXECUTE FUNCTION version_written();
