-- One row for a channel that was ever recorded to. `head` is its newest version and outlives the
-- messages; `gone_version` and `gone_id` are the last ones that are no longer kept. `spine` is a JSON
-- array of message rows: those of the head's prefixes (see skip.ts), the head's own last.
CREATE TABLE channel (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  head INTEGER NOT NULL CHECK (head >= 1),
  spine TEXT NOT NULL,
  gone_version INTEGER NOT NULL DEFAULT 0 CHECK (gone_version <= head),
  gone_id INTEGER NOT NULL DEFAULT 0
) STRICT;

-- One row for each place a message has. The row of the first place is the message's id and holds its
-- body; the rows of further places follow it and refer to it. No index beside the row: one by channel
-- and version touches another page for each message, half of what a durable publish costs. Versions are
-- found from the channel's head by pointers instead: `previous` is the row of the version before, `jump`
-- that of the version without its lowest one bit (see skip.ts). `channel` comes from the table above in
-- the same step, so a foreign key would only cost a look-up (a fifth of the speed).
CREATE TABLE message (
  row INTEGER PRIMARY KEY,
  first INTEGER,
  channel INTEGER NOT NULL,
  version INTEGER NOT NULL CHECK (version >= 1),
  previous INTEGER CHECK (previous < row),
  jump INTEGER CHECK (jump <= previous),
  at INTEGER NOT NULL,
  type TEXT,
  body TEXT,
  meta TEXT,
  CHECK ((previous IS NULL) = (version = 1)),
  CHECK (CASE WHEN first IS NULL THEN type IS NOT NULL AND body IS NOT NULL ELSE first < row END)
) STRICT;

CREATE TABLE idempotency (
  row INTEGER PRIMARY KEY,
  scope TEXT NOT NULL,
  key TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  results TEXT NOT NULL,
  answer TEXT NOT NULL,
  at INTEGER NOT NULL,
  UNIQUE (scope, key)
) STRICT;

CREATE TABLE fact (
  key TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL,
  expires_at INTEGER
) STRICT;
CREATE INDEX fact_expiry ON fact (expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE server_keys (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  hash TEXT NOT NULL UNIQUE,
  scopes TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  revoked_at INTEGER
) STRICT;

CREATE TABLE audit_log (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  details TEXT
) STRICT;

-- What the database knows about itself: `mode` (dev or production), `pruned` (the highest message row
-- that is gone, so that no id is ever given twice), `audited` (the row of the audit log up to which
-- publishes were pruned), `probe`.
CREATE TABLE setting (
  name TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
) STRICT;
