-- Lists sort what they find by themselves: an index with the time of the last message would be written with every
-- message, and serve nobody. Without it a message changes nothing that is indexed: the row's new version stays on its
-- page, where there is room, and no index is touched.
CREATE INDEX recipes_of_owner ON recipes (owner);
DROP INDEX recipes_by_owner;
ALTER TABLE recipes SET (fillfactor = 70);

-- The same trigger, which is not called for a message that leaves the recipe as it is.
DROP TRIGGER search_updated ON recipes;
CREATE TRIGGER search_added BEFORE INSERT ON recipes
    FOR EACH ROW EXECUTE FUNCTION search_update();
CREATE TRIGGER search_changed BEFORE UPDATE OF state ON recipes
    FOR EACH ROW WHEN (NEW.state_revision IS DISTINCT FROM OLD.state_revision)
    EXECUTE FUNCTION search_update();
