-- Amounts are whole fen. An order's id is its number at WeChat Pay too. Who ordered may be known from a
-- token alone, so the consumer is no reference.
CREATE TABLE locallife_order (
  row INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  consumer TEXT NOT NULL,
  merchant TEXT NOT NULL REFERENCES locallife_merchant (id),
  region TEXT NOT NULL,
  items TEXT NOT NULL CHECK (json_valid(items)),
  amount INTEGER NOT NULL CHECK (amount BETWEEN 1 AND 9007199254740991),
  status TEXT NOT NULL CHECK (status IN ('pending_payment', 'paid', 'expired')),
  rider TEXT REFERENCES locallife_rider (user),
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL CHECK (expires_at > created_at),
  paid_at INTEGER,
  CHECK ((status = 'paid') = (paid_at IS NOT NULL)),
  CHECK (rider IS NULL OR status = 'paid')
) STRICT;
CREATE INDEX locallife_order_due ON locallife_order (expires_at) WHERE status = 'pending_payment';
CREATE INDEX locallife_order_unpaid ON locallife_order (consumer) WHERE status = 'pending_payment';

-- One row for each transaction that WeChat Pay told of, whatever became of it: `paid` and `late` made
-- their order paid, `extra` is money that no order waits for, `refused` fits no order of ours and is
-- judged anew when it is told again. `order_number` is what the notification says.
CREATE TABLE locallife_payment (
  row INTEGER PRIMARY KEY,
  transaction_id TEXT NOT NULL UNIQUE,
  notification TEXT NOT NULL,
  order_number TEXT NOT NULL,
  amount INTEGER NOT NULL,
  currency TEXT NOT NULL,
  outcome TEXT NOT NULL CHECK (outcome IN ('paid', 'late', 'extra', 'refused')),
  fault TEXT CHECK ((fault IS NOT NULL) = (outcome = 'refused')),
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX locallife_payment_notification ON locallife_payment (notification);
CREATE UNIQUE INDEX locallife_payment_order ON locallife_payment (order_number)
  WHERE outcome IN ('paid', 'late');
