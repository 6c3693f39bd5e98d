-- A chain that was left plays no further round: what it would play may be known.
ALTER TABLE chain ADD COLUMN left_at INTEGER CHECK (left_at >= committed_at);
CREATE TRIGGER chain_left BEFORE UPDATE OF salt, position, left_at ON chain WHEN OLD.left_at IS NOT NULL
  BEGIN SELECT raise(ABORT, 'A chain that was left is never played again'); END;
