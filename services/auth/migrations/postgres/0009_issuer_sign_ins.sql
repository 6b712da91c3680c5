-- Sign-ins at trusted issuers that have begun and not ended; of what names one only hashes.
CREATE TABLE recipe_chat_auth.issuer_sign_ins (
    state_hash   text PRIMARY KEY,
    browser_hash text NOT NULL,
    issuer       text NOT NULL,
    verifier     text NOT NULL,
    nonce        text NOT NULL,
    redirect_uri text NOT NULL,
    begun_at     bigint NOT NULL
);
CREATE INDEX issuer_sign_ins_by_time ON recipe_chat_auth.issuer_sign_ins (begun_at);
