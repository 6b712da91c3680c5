-- What 0008_version_differences.sql does, for a table that is in use, up to what belongs together.
ALTER TABLE versions ADD COLUMN IF NOT EXISTS base BIGINT, ADD COLUMN IF NOT EXISTS difference TEXT,
    ADD COLUMN IF NOT EXISTS number BIGINT, ADD COLUMN IF NOT EXISTS size BIGINT;
CREATE INDEX CONCURRENTLY versions_without_number ON versions (recipe, revision) WHERE number IS NULL;
