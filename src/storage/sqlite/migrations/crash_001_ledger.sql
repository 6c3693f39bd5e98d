-- The money of crash, in minor units; multipliers are hundredths, times epoch ms, flights ms.

-- Accounts 1 to 3 are ours: escrow holds what is at stake, house wins and pays, treasury stands for the
-- outside that money comes from and goes to. All others are players. Each has `entries` transfers, found
-- by pointers from the newest on: `spine` is a JSON array of transfer ids, those of the prefixes of the
-- last entry's number (see skip.ts), its own last.
CREATE TABLE account (
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  player TEXT,
  balance INTEGER NOT NULL DEFAULT 0,
  entries INTEGER NOT NULL DEFAULT 0,
  spine TEXT NOT NULL DEFAULT '[]',
  opened_at INTEGER NOT NULL,
  CHECK (kind = CASE id WHEN 1 THEN 'escrow' WHEN 2 THEN 'house' WHEN 3 THEN 'treasury' ELSE 'player' END),
  CHECK ((kind = 'player') = (player IS NOT NULL)),
  CONSTRAINT account_balance CHECK (id IN (2, 3) OR balance BETWEEN 0 AND 9007199254740991)
) STRICT;
CREATE UNIQUE INDEX account_player ON account (player) WHERE player IS NOT NULL;
INSERT INTO account (id, kind, opened_at) VALUES (1, 'escrow', 0), (2, 'house', 0), (3, 'treasury', 0);

-- Money that moved from the account `debit` to the account `credit`. Whichever is a player's counts its
-- entries and remembers the balance after each; `previous` is the entry before, `jump` the entry whose
-- number is this one's without its lowest one bit. No index: one by player touches another page for each
-- row. `ref` is the tx_id of a backend.
CREATE TABLE transfer (
  id INTEGER PRIMARY KEY,
  debit INTEGER NOT NULL,
  credit INTEGER NOT NULL,
  amount INTEGER NOT NULL CHECK (amount BETWEEN 1 AND 9007199254740991),
  kind TEXT NOT NULL,
  ref TEXT,
  round INTEGER,
  bet INTEGER,
  at INTEGER NOT NULL,
  entry INTEGER,
  balance INTEGER,
  previous INTEGER CHECK (previous < id),
  jump INTEGER CHECK (jump <= previous),
  CHECK (CASE kind
    WHEN 'stake' THEN debit > 3 AND credit = 1 AND bet IS NOT NULL
    WHEN 'cancel' THEN debit = 1 AND credit > 3 AND bet IS NOT NULL
    WHEN 'refund' THEN debit = 1 AND credit > 3 AND bet IS NOT NULL
    WHEN 'return' THEN debit = 1 AND credit > 3 AND bet IS NOT NULL
    WHEN 'profit' THEN debit = 2 AND credit > 3 AND bet IS NOT NULL
    WHEN 'loss' THEN debit = 1 AND credit = 2 AND bet IS NOT NULL
    WHEN 'grant' THEN debit = 3 AND credit > 3 AND bet IS NULL
    WHEN 'credit' THEN debit = 3 AND credit > 3 AND ref IS NOT NULL
    WHEN 'debit' THEN debit > 3 AND credit = 3 AND ref IS NOT NULL
    WHEN 'credit_rollback' THEN debit > 3 AND credit = 3 AND ref IS NOT NULL
    WHEN 'debit_rollback' THEN debit = 3 AND credit > 3 AND ref IS NOT NULL
    ELSE 0 END),
  CHECK ((entry IS NULL) = (kind = 'loss') AND (balance IS NULL) = (kind = 'loss')),
  CHECK (entry IS NULL OR (previous IS NULL) = (entry = 1))
) STRICT;
CREATE TRIGGER transfer_unchanged BEFORE UPDATE ON transfer
  BEGIN SELECT raise(ABORT, 'A transfer is never changed'); END;
CREATE TRIGGER transfer_kept BEFORE DELETE ON transfer
  BEGIN SELECT raise(ABORT, 'A transfer is never deleted'); END;

-- Chains of game hashes: `secret` is the last hash before them all, `checkpoints` some of them on the
-- way to `h0`, the commitment. What was promised never changes, and a hash is used once.
CREATE TABLE chain (
  id INTEGER PRIMARY KEY,
  secret BLOB NOT NULL,
  checkpoints BLOB NOT NULL,
  h0 TEXT NOT NULL UNIQUE,
  length INTEGER NOT NULL CHECK (length >= 1),
  rtp_bps INTEGER NOT NULL CHECK (rtp_bps BETWEEN 1 AND 10000),
  curve TEXT NOT NULL,
  cap INTEGER NOT NULL CHECK (cap >= 100),
  salt_source TEXT NOT NULL,
  salt TEXT,
  committed_at INTEGER NOT NULL,
  salt_at INTEGER CHECK (salt_at >= committed_at),
  position INTEGER NOT NULL DEFAULT 0 CHECK (position BETWEEN 0 AND length),
  CHECK ((salt IS NULL) = (salt_at IS NULL)),
  CHECK (position = 0 OR salt IS NOT NULL)
) STRICT;
CREATE TRIGGER chain_promised
  BEFORE UPDATE OF secret, checkpoints, h0, length, rtp_bps, curve, cap, salt_source, committed_at ON chain
  BEGIN SELECT raise(ABORT, 'What a chain was promised with is never changed'); END;
CREATE TRIGGER chain_committed BEFORE INSERT ON chain WHEN NEW.salt IS NOT NULL OR NEW.position <> 0
  BEGIN SELECT raise(ABORT, 'A chain is committed before it has a salt'); END;
CREATE TRIGGER chain_salted BEFORE UPDATE OF salt, salt_at ON chain WHEN OLD.salt IS NOT NULL
  BEGIN SELECT raise(ABORT, 'A chain gets its salt once'); END;
CREATE TRIGGER chain_burned BEFORE UPDATE OF position ON chain WHEN NEW.position <> OLD.position + 1
  BEGIN SELECT raise(ABORT, 'Hashes are used one after another'); END;
CREATE TRIGGER chain_kept BEFORE DELETE ON chain
  BEGIN SELECT raise(ABORT, 'A chain is never deleted'); END;

-- Ids are YYYYMMDD and eight digits. `hash` is that of the chain at `position`, null with a scenario.
-- Totals are those of the bets that won or lost; `refunds` is what voiding it was answered, in JSON.
CREATE TABLE round (
  id INTEGER PRIMARY KEY,
  source TEXT NOT NULL CHECK (source IN ('chain', 'scenario')),
  chain INTEGER REFERENCES chain (id),
  position INTEGER,
  hash TEXT,
  curve TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('open', 'ended', 'void')),
  started_at INTEGER NOT NULL,
  crash INTEGER CHECK (crash >= 100),
  flown INTEGER CHECK (flown >= 0),
  flew_at INTEGER,
  ended_at INTEGER,
  bets INTEGER NOT NULL DEFAULT 0,
  staked INTEGER NOT NULL DEFAULT 0,
  paid INTEGER NOT NULL DEFAULT 0,
  refunds TEXT,
  CHECK ((source = 'chain') = (chain IS NOT NULL)),
  CHECK ((source = 'chain') = (position IS NOT NULL)),
  CHECK ((source = 'chain') = (hash IS NOT NULL)),
  CHECK ((status = 'open') = (ended_at IS NULL)),
  CHECK ((status = 'void') = (refunds IS NOT NULL)),
  CHECK ((status = 'ended') = (crash IS NOT NULL)),
  CHECK ((status = 'ended') = (flown IS NOT NULL)),
  CHECK ((status = 'ended') = (flew_at IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX round_open ON round (status) WHERE status = 'open';
CREATE UNIQUE INDEX round_hash ON round (chain, position) WHERE chain IS NOT NULL;
CREATE INDEX round_ended ON round (ended_at) WHERE status = 'ended';
CREATE TRIGGER round_over BEFORE UPDATE ON round WHEN OLD.status <> 'open'
  BEGIN SELECT raise(ABORT, 'A round that is over is never changed'); END;
CREATE TRIGGER round_kept BEFORE DELETE ON round
  BEGIN SELECT raise(ABORT, 'A round is never deleted'); END;

-- `pending` waits for the next round; the last four are ends. A bet that won without `flown` was cashed
-- out at its target. `seat` is 1 while it has its slot of the round, 0 while it waits for one, null once
-- it was given back: the indexes hang on it, so that ending a bet does not touch them.
CREATE TABLE bet (
  id INTEGER PRIMARY KEY,
  account INTEGER NOT NULL,
  slot INTEGER NOT NULL CHECK (slot BETWEEN 1 AND 3),
  amount INTEGER NOT NULL CHECK (amount BETWEEN 1 AND 9007199254740991),
  target INTEGER CHECK (target >= 101),
  round INTEGER,
  status TEXT NOT NULL,
  seat INTEGER,
  at INTEGER NOT NULL,
  multiplier INTEGER CHECK (multiplier >= 100),
  payout INTEGER CHECK (payout >= amount),
  flown INTEGER CHECK (flown >= 0),
  ended_at INTEGER,
  CHECK (CASE status
    WHEN 'pending' THEN seat IS 0 AND round IS NULL AND ended_at IS NULL
    WHEN 'active' THEN seat IS 1 AND round IS NOT NULL AND ended_at IS NULL
    WHEN 'won' THEN seat IS 1 AND round IS NOT NULL AND ended_at IS NOT NULL
    WHEN 'lost' THEN seat IS 1 AND round IS NOT NULL AND ended_at IS NOT NULL
    WHEN 'cancelled' THEN seat IS NULL AND ended_at IS NOT NULL
    WHEN 'refunded' THEN seat IS NULL AND ended_at IS NOT NULL
    ELSE 0 END),
  CHECK ((status = 'won') = (multiplier IS NOT NULL)),
  CHECK ((status = 'won') = (payout IS NOT NULL)),
  CHECK (flown IS NULL OR status = 'won')
) STRICT;
CREATE UNIQUE INDEX bet_seat ON bet (round, account, slot) WHERE seat = 1;
CREATE UNIQUE INDEX bet_waiting ON bet (account, slot) WHERE seat = 0;
CREATE TRIGGER bet_over BEFORE UPDATE ON bet WHEN OLD.ended_at IS NOT NULL
  BEGIN SELECT raise(ABORT, 'A bet ends once'); END;
CREATE TRIGGER bet_kept BEFORE DELETE ON bet
  BEGIN SELECT raise(ABORT, 'A bet is never deleted'); END;

-- Answers to money commands of players, by (account, key); found through a table in memory
-- (crash-keys.ts), since an index of random keys touches another page for each row.
CREATE TABLE command (
  id INTEGER PRIMARY KEY,
  account INTEGER NOT NULL,
  key TEXT NOT NULL,
  body TEXT NOT NULL,
  answer TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;

-- What backends asked for, by their tx_id, for ever. A tombstone was rolled back before it was asked for.
-- `balance` and `rolled_balance` are what the first call of each kind was answered.
CREATE TABLE tx (
  id INTEGER PRIMARY KEY,
  tx_id TEXT NOT NULL UNIQUE,
  account INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('credit', 'debit', 'tombstone')),
  amount INTEGER NOT NULL,
  balance INTEGER NOT NULL,
  rolled_balance INTEGER,
  at INTEGER NOT NULL,
  CHECK ((kind = 'tombstone') = (amount = 0)),
  CHECK (kind <> 'tombstone' OR rolled_balance IS NOT NULL)
) STRICT;

CREATE TABLE audit_log (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  details TEXT
) STRICT;

-- What the database knows about itself: `mode` (dev or production), `probe`.
CREATE TABLE setting (
  name TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
) STRICT;
