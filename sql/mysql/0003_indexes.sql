-- What every look-up asks for.  Not unique: a predecessor's table may hold the
-- same address twice, and keeps both.
CREATE INDEX njiwa_users_address ON users (domain(64), name(32));
CREATE INDEX njiwa_forwarder_address ON forwarder (address(64));
