-- What the rows of lists are searched by: the words of a few fields in one form without case and marks, and an index that a
-- search reads in the order of the list. Where rows are there already, `rows_to_fill` names what they are still to be given:
-- that is done right after this step, and goes on where it was ended.

alter table classes add column search text;
alter table content add column search text;
alter table coupons add column search text;
alter table instructors add column search text;
alter table locations add column search text;
alter table members add column search text;
alter table plans add column search text;
alter table programs add column search text;
alter table rooms add column search text;
create index classes_by_search on classes (studio_id, id, search);
create index content_by_search on content (studio_id, id, search);
create index coupons_by_search on coupons (studio_id, id, search);
create index instructors_by_search on instructors (studio_id, id, search);
create index locations_by_search on locations (studio_id, id, search);
create index members_by_search on members (studio_id, id, search);
create index plans_by_search on plans (studio_id, id, search);
create index programs_by_search on programs (studio_id, id, search);
create index rooms_by_search on rooms (studio_id, id, search);

create table rows_to_fill (name text not null primary key) strict, without rowid;
insert into rows_to_fill (name)
select 'classes' where exists (select 1 from classes)
union all select 'content' where exists (select 1 from content)
union all select 'coupons' where exists (select 1 from coupons)
union all select 'instructors' where exists (select 1 from instructors)
union all select 'locations' where exists (select 1 from locations)
union all select 'members' where exists (select 1 from members)
union all select 'plans' where exists (select 1 from plans)
union all select 'programs' where exists (select 1 from programs)
union all select 'rooms' where exists (select 1 from rooms)
-- The keys of addresses, whose domain may be written in two forms.
union all select 'email_key' where exists (select 1 from members);
