-- Partners. The secret is kept as it is: checking a signature needs the secret itself, not its hash.
-- A partner that is removed takes its row along; its messages and their versions stay.
CREATE TABLE dcs_partner (
  id TEXT NOT NULL PRIMARY KEY,
  api_key TEXT NOT NULL UNIQUE,
  api_secret TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

-- Listen channels, known by the SHA-256 of their id alone. `over`: ended for good, by a newer channel or
-- with its partner, so that no clock that is set back opens it again. Ended ones are remembered for a
-- while, to tell a client that its channel has expired from one that never had any.
CREATE TABLE dcs_channel (
  row INTEGER PRIMARY KEY,
  hash TEXT NOT NULL UNIQUE,
  partner TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  over INTEGER NOT NULL DEFAULT 0 CHECK (over IN (0, 1))
) STRICT;
CREATE INDEX dcs_channel_partner ON dcs_channel (partner, row);
CREATE INDEX dcs_channel_end ON dcs_channel (expires_at);

-- Nonces of signed requests that were taken, until their timestamp is long out of the window.
CREATE TABLE dcs_nonce (
  timestamp INTEGER NOT NULL,
  api_key TEXT NOT NULL,
  nonce INTEGER NOT NULL,
  PRIMARY KEY (timestamp, api_key, nonce)
) STRICT, WITHOUT ROWID;
