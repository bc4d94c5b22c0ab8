-- What people and keys did that somebody may ask about later: who, from where, to what, and why. Rows are only added.

create table audit (
    studio_id text not null references studios (id),
    id text not null,
    at text not null,
    -- `command line`, or the id of a key or of somebody of the staff.
    done_by text not null,
    -- The network that it was asked from, where it came over one.
    network text,
    action text not null,
    subject_kind text not null,
    subject_id text not null,
    -- The fields that changed, as JSON: as they were, and as they became. Never a secret.
    was text,
    became text,
    reason text,
    primary key (studio_id, id)
) strict, without rowid;
create index audit_by_time on audit (studio_id, at);

create trigger audit_is_not_changed before update on audit
begin
    select raise(abort, 'the audit log is only added to');
end;
create trigger audit_is_not_deleted before delete on audit
begin
    select raise(abort, 'the audit log is only added to');
end;
