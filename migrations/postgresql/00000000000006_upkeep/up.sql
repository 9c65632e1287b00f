-- What was revoked long ago is found by this, to be dropped.
CREATE INDEX credentials_revoked ON credentials (kind, revoked_at);
