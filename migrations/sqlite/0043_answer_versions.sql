-- How often the rows behind the cached answers of a studio were written, by table: an answer that was read at a count is true while
-- the count stays. Triggers count, so that no write can pass by.
create table answer_versions (
    studio_id text not null references studios (id),
    -- A count is the sum over all parts; where one writes at a time, there is one.
    part integer not null,
    studios integer not null default 0,
    instructors integer not null default 0,
    locations integer not null default 0,
    rooms integer not null default 0,
    programs integer not null default 0,
    classes integer not null default 0,
    occurrences integer not null default 0,
    plans integer not null default 0,
    content integer not null default 0,
    primary key (studio_id, part)
) strict, without rowid;

create trigger studios_version_on_insert after insert on studios begin
    insert into answer_versions (studio_id, part, studios) values (new.id, 0, 1)
    on conflict (studio_id, part) do update set studios = studios + 1;
end;

create trigger studios_version_on_update after update on studios begin
    insert into answer_versions (studio_id, part, studios) values (new.id, 0, 1)
    on conflict (studio_id, part) do update set studios = studios + 1;
end;

create trigger instructors_version_on_insert after insert on instructors begin
    insert into answer_versions (studio_id, part, instructors) values (new.studio_id, 0, 1)
    on conflict (studio_id, part) do update set instructors = instructors + 1;
end;

create trigger instructors_version_on_update after update on instructors begin
    insert into answer_versions (studio_id, part, instructors) values (new.studio_id, 0, 1)
    on conflict (studio_id, part) do update set instructors = instructors + 1;
end;

create trigger instructors_version_on_delete after delete on instructors begin
    insert into answer_versions (studio_id, part, instructors) values (old.studio_id, 0, 1)
    on conflict (studio_id, part) do update set instructors = instructors + 1;
end;

create trigger locations_version_on_insert after insert on locations begin
    insert into answer_versions (studio_id, part, locations) values (new.studio_id, 0, 1)
    on conflict (studio_id, part) do update set locations = locations + 1;
end;

create trigger locations_version_on_update after update on locations begin
    insert into answer_versions (studio_id, part, locations) values (new.studio_id, 0, 1)
    on conflict (studio_id, part) do update set locations = locations + 1;
end;

create trigger locations_version_on_delete after delete on locations begin
    insert into answer_versions (studio_id, part, locations) values (old.studio_id, 0, 1)
    on conflict (studio_id, part) do update set locations = locations + 1;
end;

create trigger rooms_version_on_insert after insert on rooms begin
    insert into answer_versions (studio_id, part, rooms) values (new.studio_id, 0, 1)
    on conflict (studio_id, part) do update set rooms = rooms + 1;
end;

create trigger rooms_version_on_update after update on rooms begin
    insert into answer_versions (studio_id, part, rooms) values (new.studio_id, 0, 1)
    on conflict (studio_id, part) do update set rooms = rooms + 1;
end;

create trigger rooms_version_on_delete after delete on rooms begin
    insert into answer_versions (studio_id, part, rooms) values (old.studio_id, 0, 1)
    on conflict (studio_id, part) do update set rooms = rooms + 1;
end;

create trigger programs_version_on_insert after insert on programs begin
    insert into answer_versions (studio_id, part, programs) values (new.studio_id, 0, 1)
    on conflict (studio_id, part) do update set programs = programs + 1;
end;

create trigger programs_version_on_update after update on programs begin
    insert into answer_versions (studio_id, part, programs) values (new.studio_id, 0, 1)
    on conflict (studio_id, part) do update set programs = programs + 1;
end;

create trigger programs_version_on_delete after delete on programs begin
    insert into answer_versions (studio_id, part, programs) values (old.studio_id, 0, 1)
    on conflict (studio_id, part) do update set programs = programs + 1;
end;

create trigger classes_version_on_insert after insert on classes begin
    insert into answer_versions (studio_id, part, classes) values (new.studio_id, 0, 1)
    on conflict (studio_id, part) do update set classes = classes + 1;
end;

create trigger classes_version_on_update after update on classes begin
    insert into answer_versions (studio_id, part, classes) values (new.studio_id, 0, 1)
    on conflict (studio_id, part) do update set classes = classes + 1;
end;

create trigger classes_version_on_delete after delete on classes begin
    insert into answer_versions (studio_id, part, classes) values (old.studio_id, 0, 1)
    on conflict (studio_id, part) do update set classes = classes + 1;
end;

create trigger occurrences_version_on_insert after insert on occurrences begin
    insert into answer_versions (studio_id, part, occurrences) values (new.studio_id, 0, 1)
    on conflict (studio_id, part) do update set occurrences = occurrences + 1;
end;

create trigger occurrences_version_on_update after update on occurrences begin
    insert into answer_versions (studio_id, part, occurrences) values (new.studio_id, 0, 1)
    on conflict (studio_id, part) do update set occurrences = occurrences + 1;
end;

create trigger occurrences_version_on_delete after delete on occurrences begin
    insert into answer_versions (studio_id, part, occurrences) values (old.studio_id, 0, 1)
    on conflict (studio_id, part) do update set occurrences = occurrences + 1;
end;

create trigger plans_version_on_insert after insert on plans begin
    insert into answer_versions (studio_id, part, plans) values (new.studio_id, 0, 1)
    on conflict (studio_id, part) do update set plans = plans + 1;
end;

create trigger plans_version_on_update after update on plans begin
    insert into answer_versions (studio_id, part, plans) values (new.studio_id, 0, 1)
    on conflict (studio_id, part) do update set plans = plans + 1;
end;

create trigger plans_version_on_delete after delete on plans begin
    insert into answer_versions (studio_id, part, plans) values (old.studio_id, 0, 1)
    on conflict (studio_id, part) do update set plans = plans + 1;
end;

create trigger content_version_on_insert after insert on content begin
    insert into answer_versions (studio_id, part, content) values (new.studio_id, 0, 1)
    on conflict (studio_id, part) do update set content = content + 1;
end;

create trigger content_version_on_update after update on content begin
    insert into answer_versions (studio_id, part, content) values (new.studio_id, 0, 1)
    on conflict (studio_id, part) do update set content = content + 1;
end;

create trigger content_version_on_delete after delete on content begin
    insert into answer_versions (studio_id, part, content) values (old.studio_id, 0, 1)
    on conflict (studio_id, part) do update set content = content + 1;
end;
