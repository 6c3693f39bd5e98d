-- Accounts of families; sums are whole hundredths. Who belongs to a family is in the tokens alone.
CREATE TABLE jive_account (
  row INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  family TEXT NOT NULL,
  name TEXT NOT NULL,
  currency TEXT NOT NULL,
  balance INTEGER NOT NULL CHECK (balance BETWEEN -9007199254740991 AND 9007199254740991),
  created_by TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX jive_account_family ON jive_account (family, row);

-- A deleted transaction keeps its row, so that a reader who stopped at it can go on from there.
-- `folded` is the description in lower case (rules look for a part of it), `likeness` that without
-- digits (two descriptions are alike when it is the same).
CREATE TABLE jive_transaction (
  row INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  account INTEGER NOT NULL REFERENCES jive_account (row),
  amount INTEGER NOT NULL CHECK (amount BETWEEN -9007199254740991 AND 9007199254740991),
  description TEXT NOT NULL,
  folded TEXT NOT NULL,
  likeness TEXT NOT NULL,
  payee TEXT,
  category TEXT,
  created_by TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  deleted_at INTEGER
) STRICT;
CREATE INDEX jive_transaction_account ON jive_transaction (account, row) WHERE deleted_at IS NULL;

CREATE TABLE jive_rule (
  row INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  family TEXT NOT NULL,
  contains TEXT NOT NULL,
  category TEXT NOT NULL,
  created_by TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX jive_rule_family ON jive_rule (family);

-- How often a family's transactions of one likeness name a payee: counting them anew for each
-- suggestion would take longer with every transaction.
CREATE TABLE jive_payee (
  family TEXT NOT NULL,
  likeness TEXT NOT NULL,
  payee TEXT NOT NULL,
  uses INTEGER NOT NULL CHECK (uses > 0),
  PRIMARY KEY (family, likeness, payee)
) STRICT, WITHOUT ROWID;
CREATE INDEX jive_payee_rank ON jive_payee (family, likeness, uses DESC, payee);
