-- Sign-ins at trusted issuers that have begun and not ended; of what names one only hashes.
CREATE TABLE issuer_sign_ins (
    state_hash   TEXT PRIMARY KEY,
    browser_hash TEXT NOT NULL,
    issuer       TEXT NOT NULL,
    verifier     TEXT NOT NULL,
    nonce        TEXT NOT NULL,
    redirect_uri TEXT NOT NULL,
    begun_at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX issuer_sign_ins_by_time ON issuer_sign_ins (begun_at);
