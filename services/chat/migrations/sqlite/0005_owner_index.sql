-- Lists sort what they find by themselves: an index with the time of the last message would be written with every
-- message, and serve nobody.
CREATE INDEX recipes_of_owner ON recipes (owner);
DROP INDEX recipes_by_owner;
