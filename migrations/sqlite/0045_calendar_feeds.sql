-- The private calendar of a membership. Who knows the secret in its link reads it; the SHA-256 of that is all that is kept.
create table calendar_feeds (
    studio_id text not null references studios (id),
    membership_id text not null,
    secret_hash text not null unique,
    created_at text not null,
    primary key (studio_id, membership_id),
    foreign key (studio_id, membership_id) references members (studio_id, id)
) strict, without rowid;
