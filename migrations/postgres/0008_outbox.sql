-- E-mail that was not sent yet. What it says is put together when it is sent, from the rows that it is about.

create table outbox (
    studio_id text collate "C" not null references studios (id),
    id text collate "C" not null,
    created_at timestamptz not null,
    kind text not null,
    membership_id text collate "C" not null,
    -- The page that its link leads to.
    page text not null,
    -- Until when that link is good; then the mail is not worth sending any more.
    expires_at timestamptz not null,
    status text not null,
    tries bigint not null,
    -- When it is sent next. Whoever sends it moves this on first, so that nobody else does meanwhile.
    due_at timestamptz not null,
    last_error text,
    primary key (studio_id, id),
    foreign key (studio_id, membership_id) references members (studio_id, id)
);
create index outbox_by_due on outbox (status, due_at);
create index outbox_by_member on outbox (studio_id, membership_id);
create index outbox_by_end on outbox (expires_at);

-- The single-use links that went out in mails. The token in a link is known to its reader alone.
create table mail_links (
    token_hash text primary key,
    studio_id text collate "C" not null references studios (id),
    membership_id text collate "C" not null,
    purpose text not null,
    expires_at timestamptz not null,
    foreign key (studio_id, membership_id) references members (studio_id, id)
);
create index mail_links_by_member on mail_links (studio_id, membership_id);
create index mail_links_by_end on mail_links (expires_at);

-- How many mails a studio has sent since when: to an address, of which the SHA-256 stands here, and in all ('').
create table mail_counts (
    studio_id text collate "C" not null references studios (id),
    whom text collate "C" not null,
    since timestamptz not null,
    count bigint not null,
    primary key (studio_id, whom)
);
create index mail_counts_by_age on mail_counts (since);
