-- How often the rows behind the cached answers of a studio were written, by table: an answer that was read at a count is true while
-- the count stays. Triggers count, so that no write can pass by.
create table answer_versions (
    studio_id text collate "C" not null references studios (id),
    -- A count is the sum over all parts: connections that write at once count in different ones, and do not wait for each other.
    part integer not null,
    studios bigint not null default 0,
    instructors bigint not null default 0,
    locations bigint not null default 0,
    rooms bigint not null default 0,
    programs bigint not null default 0,
    classes bigint not null default 0,
    occurrences bigint not null default 0,
    plans bigint not null default 0,
    content bigint not null default 0,
    primary key (studio_id, part)
);

-- Counts a table once in a transaction, at its end: who holds the count holds every other lock by then, so that two
-- writers of one studio cannot wait for each other.
create function raise_answer_version(studio text, source text) returns void language plpgsql as $$
declare
    raised text := coalesce(current_setting('flow.raised', true), '');
    mark text := studio || '.' || source || ' ';
begin
    if position(mark in raised) > 0 then
        return;
    end if;
    perform set_config('flow.raised', raised || mark, true);
    execute format(
        'insert into answer_versions as v (studio_id, part, %1$I) values ($1, $2, 1)
        on conflict (studio_id, part) do update set %1$I = v.%1$I + 1',
        source
    ) using studio, pg_backend_pid() % 16;
end
$$;

create function raise_version_of_row() returns trigger language plpgsql as $$
begin
    perform raise_answer_version(coalesce(new.studio_id, old.studio_id), tg_table_name);
    return null;
end
$$;

create function raise_version_of_studio() returns trigger language plpgsql as $$
begin
    perform raise_answer_version(new.id, tg_table_name);
    return null;
end
$$;

create constraint trigger studios_version after insert or update on studios
    deferrable initially deferred for each row execute function raise_version_of_studio();

create constraint trigger instructors_version after insert or update or delete on instructors
    deferrable initially deferred for each row execute function raise_version_of_row();

create constraint trigger locations_version after insert or update or delete on locations
    deferrable initially deferred for each row execute function raise_version_of_row();

create constraint trigger rooms_version after insert or update or delete on rooms
    deferrable initially deferred for each row execute function raise_version_of_row();

create constraint trigger programs_version after insert or update or delete on programs
    deferrable initially deferred for each row execute function raise_version_of_row();

create constraint trigger classes_version after insert or update or delete on classes
    deferrable initially deferred for each row execute function raise_version_of_row();

create constraint trigger occurrences_version after insert or update or delete on occurrences
    deferrable initially deferred for each row execute function raise_version_of_row();

create constraint trigger plans_version after insert or update or delete on plans
    deferrable initially deferred for each row execute function raise_version_of_row();

create constraint trigger content_version after insert or update or delete on content
    deferrable initially deferred for each row execute function raise_version_of_row();
