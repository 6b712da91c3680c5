-- Who changed who may come into a recipe, for operators.
CREATE TABLE audit (
    id      BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at      BIGINT NOT NULL,
    kind    TEXT NOT NULL,
    user_id TEXT NOT NULL,
    recipe  TEXT NOT NULL,
    about   TEXT NOT NULL
);
CREATE INDEX audit_by_user ON audit (user_id, id);
CREATE INDEX audit_by_recipe ON audit (recipe, id);
CREATE INDEX audit_by_time ON audit (at);
