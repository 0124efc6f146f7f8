-- The lives of this database since its generation began: of what they have written nothing is forgotten.
CREATE TABLE hub_life (
    life INTEGER PRIMARY KEY
) STRICT;
