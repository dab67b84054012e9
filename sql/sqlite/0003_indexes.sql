-- What every look-up asks for.
CREATE INDEX IF NOT EXISTS njiwa_users_address ON users (domain, name);
CREATE INDEX IF NOT EXISTS njiwa_forwarder_address ON forwarder (address);
