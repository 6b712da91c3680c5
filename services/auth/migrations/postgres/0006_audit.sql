-- What somebody did or was refused, for operators; nothing secret is in it.
CREATE TABLE recipe_chat_auth.audit (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at         bigint NOT NULL,
    kind       text NOT NULL,
    outcome    text NOT NULL,
    operator   text NOT NULL,
    user_id    text NOT NULL,
    session    text NOT NULL,
    address    text NOT NULL,
    request_id text NOT NULL,
    about      text NOT NULL
);
CREATE INDEX audit_by_user ON recipe_chat_auth.audit (user_id, id);
CREATE INDEX audit_by_time ON recipe_chat_auth.audit (at);
