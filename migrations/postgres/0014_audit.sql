-- What people and keys did that somebody may ask about later: who, from where, to what, and why. Rows are only added.

create table audit (
    studio_id text collate "C" not null references studios (id),
    id text collate "C" not null,
    at timestamptz not null,
    -- `command line`, or the id of a key or of somebody of the staff.
    done_by text not null,
    -- The network that it was asked from, where it came over one.
    network text,
    action text not null,
    subject_kind text not null,
    subject_id text collate "C" not null,
    -- The fields that changed, as JSON: as they were, and as they became. Never a secret.
    was jsonb,
    became jsonb,
    reason text,
    primary key (studio_id, id)
);
create index audit_by_time on audit (studio_id, at);

create function audit_is_only_added_to() returns trigger language plpgsql as $$
begin
    raise exception 'the audit log is only added to';
end
$$;
create trigger audit_is_only_added_to before update or delete on audit
    for each row execute function audit_is_only_added_to();
