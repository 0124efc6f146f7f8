-- The epoch under which the store has shown that an hour is closed there, too, with the same content: whatever it writes into it
-- since then, it will not say again.
ALTER TABLE hour_mark ADD COLUMN there_epoch INTEGER;
