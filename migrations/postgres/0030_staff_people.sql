-- The people of a studio: invited, active or ended. Existing staff are active; who was invited has no password yet, and
-- who was ended has none any more: their `password_hash` is the hash of nothing.
alter table staff add column joined_at timestamptz;
alter table staff add column ended_at timestamptz;
alter table staff add column signed_in_at timestamptz;
update staff set joined_at = created_at;

-- The network that a session was begun from, without the part that tells one machine from another.
alter table sessions add column network text;
