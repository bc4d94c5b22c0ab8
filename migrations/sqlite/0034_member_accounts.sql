-- What members sign in with, and where they are signed in.

-- The password of a membership. It stands apart from the membership's row, which imports write and exports read.
create table member_passwords (
    studio_id text not null references studios (id),
    membership_id text not null,
    password_hash text not null,
    set_at text not null,
    primary key (studio_id, membership_id),
    foreign key (studio_id, membership_id) references members (studio_id, id)
) strict, without rowid;

-- A browser that is signed in has one row for each membership that its password opened. A row is found by the SHA-256 of what
-- the cookie holds.
create table member_sessions (
    studio_id text not null references studios (id),
    token_hash text not null,
    id text not null unique,
    membership_id text not null,
    created_at text not null,
    -- When it was used last, to the minute.
    seen_at text not null,
    -- When it ends, however it is used.
    expires_at text not null,
    -- The network that it was begun from, without the part that tells one machine from another.
    network text,
    primary key (token_hash, studio_id),
    foreign key (studio_id, membership_id) references members (studio_id, id)
) strict, without rowid;
create index member_sessions_by_member on member_sessions (studio_id, membership_id);
create index member_sessions_by_end on member_sessions (expires_at);

-- Members are found by their address when they sign in.
create index members_by_email on members (email_key);
