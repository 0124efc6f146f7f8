-- What one piece of a proposed substitute was said to cost, where that is less than what was ordered.
ALTER TABLE substitute ADD COLUMN price INTEGER CHECK (price >= 0);
