-- The first life of this installation's generation: of what it and later ones have written nothing is forgotten. 0: not known.
ALTER TABLE hub ADD COLUMN born INTEGER NOT NULL DEFAULT 0;
