-- Everybody who ever logged in or was given a role.
CREATE TABLE locallife_user (
  id TEXT NOT NULL PRIMARY KEY,
  openid TEXT UNIQUE,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE locallife_rider (
  user TEXT NOT NULL PRIMARY KEY REFERENCES locallife_user (id),
  status TEXT NOT NULL CHECK (status IN ('pending', 'approved', 'suspended')),
  online INTEGER NOT NULL DEFAULT 0 CHECK (online IN (0, 1)),
  region TEXT,
  CHECK (online = 0 OR (status = 'approved' AND region IS NOT NULL))
) STRICT;
CREATE INDEX locallife_rider_region ON locallife_rider (region) WHERE online = 1;

CREATE TABLE locallife_merchant (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('onboarded', 'closed'))
) STRICT;

CREATE TABLE locallife_administrator (
  merchant TEXT NOT NULL REFERENCES locallife_merchant (id),
  user TEXT NOT NULL REFERENCES locallife_user (id),
  PRIMARY KEY (merchant, user)
) STRICT, WITHOUT ROWID;
CREATE INDEX locallife_administrator_user ON locallife_administrator (user);

CREATE TABLE locallife_operator (
  user TEXT NOT NULL PRIMARY KEY REFERENCES locallife_user (id),
  role TEXT NOT NULL CHECK (role IN ('operator', 'admin'))
) STRICT;

-- One row for each notice that somebody has not acknowledged: the message and its version in the
-- channel of the user. `told_at` is when it was told last, null once it has been told often enough.
CREATE TABLE locallife_pending (
  user TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  message INTEGER NOT NULL,
  at INTEGER NOT NULL,
  told_at INTEGER,
  attempts INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (user, sequence)
) STRICT, WITHOUT ROWID;
CREATE INDEX locallife_pending_due ON locallife_pending (told_at) WHERE told_at IS NOT NULL;
CREATE INDEX locallife_pending_at ON locallife_pending (at);
