-- What imports keep, so that the same spreadsheet may come again.

-- What the lines of imports said last of each row: of every field a few bits of a hash, and no value. A field that says what
-- it said is not taken again, whatever was decided here since.
create table imported_lines (
    studio_id text collate "C" not null references studios (id),
    resource text not null,
    id text collate "C" not null,
    external_id text,
    said text not null,
    primary key (studio_id, resource, id)
);
create index imported_lines_by_external_id on imported_lines (studio_id, resource, external_id);

-- Who was erased: a hash of the address, by which a file or an invitation that would bring the person back is refused.
create table erased_people (
    studio_id text collate "C" not null references studios (id),
    digest text not null,
    erased_at timestamptz not null,
    primary key (studio_id, digest)
);

-- Whether the person took the consent back here: no file gives it again.
alter table members add column consent_withdrawn boolean not null default false;
