-- Requests that must not be done twice (the field Idempotency-Key of their header), each with the reply that it got.
-- Kept for a day. Not part of the change log, of an export or of what a change may refer to.
CREATE TABLE idempotency (
    -- Whose key it is, and the key.
    credential BIGINT NOT NULL,
    idempotency_key TEXT NOT NULL,
    -- A hash of the request, salted with the secret by which it was authorized.
    request TEXT NOT NULL,
    begun_at BIGINT NOT NULL,
    -- 'under_way' until there is a reply; 'withheld' when the reply holds a secret and is not kept.
    state TEXT NOT NULL CHECK (state = 'under_way' OR state = 'kept' OR state = 'withheld'),
    status BIGINT NOT NULL,
    -- A JSON array of pairs.
    headers TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (credential, idempotency_key)
) WITHOUT ROWID;
CREATE INDEX idempotency_begun ON idempotency (begun_at);
