DROP INDEX credentials_revoked;
