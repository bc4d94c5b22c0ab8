-- What the lines of imports said last of each row: of every field a hash of its value, and no value. The hashes were so short
-- before that two fields could be taken for one; what was kept so is forgotten, and the next import notes it anew.
drop table imported_lines;
create table imported_lines (
    studio_id text not null references studios (id),
    resource text not null,
    id text not null,
    external_id text,
    said text not null,
    primary key (studio_id, resource, id)
) strict, without rowid;
create index imported_lines_by_external_id on imported_lines (studio_id, resource, external_id);
