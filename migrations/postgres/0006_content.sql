-- Content: what members watch, hear and read at any time.

create table content (
    studio_id text collate "C" not null references studios (id),
    id text collate "C" not null,
    version bigint not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    external_id text,
    metadata jsonb not null,
    title text not null,
    description text,
    kind text not null,
    media_url text,
    thumbnail_url text,
    duration_seconds bigint,
    instructor_id text collate "C",
    program_id text collate "C",
    tags jsonb not null,
    access text not null,
    plan_ids jsonb not null,
    status text not null,
    published_at timestamptz,
    primary key (studio_id, id),
    unique (studio_id, external_id),
    foreign key (studio_id, instructor_id) references instructors (studio_id, id),
    foreign key (studio_id, program_id) references programs (studio_id, id)
);
-- Websites ask for what is published and for everyone.
create index content_by_kind on content (studio_id, kind, id);
create index content_by_access on content (studio_id, access, id);
create index content_by_status on content (studio_id, status, id);
create index content_by_program on content (studio_id, program_id, id);
create index content_by_instructor on content (studio_id, instructor_id, id);
create index content_by_change on content (studio_id, updated_at, id);
