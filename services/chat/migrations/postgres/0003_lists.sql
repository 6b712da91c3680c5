-- Whose a recipe is by invitation.
CREATE INDEX members_by_user ON members (user_id);
CREATE INDEX members_by_name ON members (name) WHERE user_id IS NULL;

-- What recipes are found by: title, tags and ingredients, kept by a trigger, so that builds before keep it as well.
CREATE FUNCTION search_folded(words TEXT) RETURNS TEXT LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT translate(lower(words), 'àáâãäåçèéêëìíîïñòóôõöùúûüýÿ', 'aaaaaaceeeeiiiinooooouuuuyy')
$$;
CREATE FUNCTION search_words(title TEXT, state TEXT) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT to_tsvector('simple', search_folded(title
        || ' ' || coalesce((SELECT string_agg(value, ' ')
            FROM jsonb_array_elements_text(state::jsonb -> 'tags')), '')
        || ' ' || coalesce((SELECT string_agg(value ->> 'name', ' ')
            FROM jsonb_array_elements(state::jsonb -> 'ingredients')), '')))
$$;
CREATE FUNCTION search_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.state_revision = OLD.state_revision THEN
        RETURN NEW;
    END IF;
    BEGIN
        NEW.search := search_words(NEW.title, NEW.state);
    EXCEPTION WHEN data_exception OR program_limit_exceeded THEN
        -- Not being found by everything must keep nobody from changing a recipe.
        NEW.search := to_tsvector('simple', search_folded(NEW.title));
    END;
    RETURN NEW;
END
$$;
ALTER TABLE recipes ADD COLUMN search tsvector;
UPDATE recipes SET search = search_words(title, state);
CREATE INDEX recipes_by_words ON recipes USING gin (search);
CREATE TRIGGER search_updated BEFORE INSERT OR UPDATE OF state ON recipes
    FOR EACH ROW EXECUTE FUNCTION search_update();
