-- Mail goes to anybody: to a member or to somebody of the staff, about any row. A link belongs to whom it was sent.

create table outbox_for_anybody (
    studio_id text not null references studios (id),
    id text not null,
    created_at text not null,
    kind text not null,
    -- To whom it goes: one of the two. Their address is read when it is sent.
    membership_id text,
    staff_id text references staff (id),
    -- The row that it is about.
    subject_id text not null,
    -- The page that its link leads to; empty where it has none.
    page text not null,
    -- Until when it is worth sending; a link in it is good as long.
    expires_at text not null,
    status text not null,
    tries integer not null,
    -- When it is sent next. The sender moves it forward first, so that no other instance sends it meanwhile.
    due_at text not null,
    last_error text,
    primary key (studio_id, id),
    foreign key (studio_id, membership_id) references members (studio_id, id),
    check ((membership_id is null) <> (staff_id is null))
) strict, without rowid;
insert into outbox_for_anybody select studio_id, id, created_at, kind, membership_id, null, membership_id, page, expires_at,
    status, tries, due_at, last_error from outbox;
drop table outbox;
alter table outbox_for_anybody rename to outbox;
create index outbox_by_due on outbox (status, due_at);
create index outbox_by_member on outbox (studio_id, membership_id);
create index outbox_by_staff on outbox (studio_id, staff_id);
create index outbox_by_end on outbox (expires_at);

create table links_of_anybody (
    token_hash text primary key,
    studio_id text not null references studios (id),
    membership_id text,
    staff_id text references staff (id),
    purpose text not null,
    expires_at text not null,
    foreign key (studio_id, membership_id) references members (studio_id, id),
    check ((membership_id is null) <> (staff_id is null))
) strict, without rowid;
insert into links_of_anybody select token_hash, studio_id, membership_id, null, purpose, expires_at from mail_links;
drop table mail_links;
alter table links_of_anybody rename to mail_links;
create index mail_links_by_member on mail_links (studio_id, membership_id);
create index mail_links_by_staff on mail_links (studio_id, staff_id);
create index mail_links_by_end on mail_links (expires_at);

-- Whose retries a record is for: the first key of a line of replacements, or somebody of the staff.
alter table idempotency rename column lineage to scope;
