-- Who signed in to the dashboard. A session is found by the SHA-256 of what its cookie holds: a stolen database signs nobody in.

create table sessions (
    token_hash text collate "C" primary key,
    id text collate "C" not null unique,
    -- The studio that it works for, and who it is there.
    studio_id text collate "C" not null references studios (id),
    staff_id text collate "C" not null references staff (id),
    -- Who it is in other studios, as JSON, where the same address and password open them.
    others jsonb not null,
    created_at timestamptz not null,
    -- When it was used last, to the minute.
    seen_at timestamptz not null,
    -- When the password was typed last.
    authenticated_at timestamptz not null,
    -- When it ends, however it is used.
    expires_at timestamptz not null
);
create index sessions_by_staff on sessions (staff_id);
create index sessions_by_end on sessions (expires_at);

-- Staff are found by their address when they sign in.
create index staff_by_email on staff (email_key);
