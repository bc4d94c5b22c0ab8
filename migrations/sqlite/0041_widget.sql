-- Where members are signed in by the sign-in widget.

-- The session in a window of its own that opened this one: who signs out of either is signed out of both.
alter table member_sessions add column opened_by text;
create index member_sessions_by_opener on member_sessions (opened_by);

-- A sign-in that the widget on a website has asked for in a window of its own. The website's frame knows the secret, of which the
-- SHA-256 is kept; the window knows the id. Each is used once.
create table window_requests (
    studio_id text not null references studios (id),
    id text not null,
    secret_hash text not null,
    -- The website's origin.
    origin text not null,
    expires_at text not null,
    -- The session that has answered it.
    session_id text,
    primary key (id, studio_id)
) strict, without rowid;
create index window_requests_by_end on window_requests (expires_at);
