-- Whether a row of this studio was ever removed. Who follows its lists may have seen a row that is gone, and goes on behind
-- it: an import does not keep the older times of its lines then. Nobody knows it of studios that are there already.
alter table studios add column has_removed boolean not null default false;
update studios set has_removed = true;

create function note_removed() returns trigger language plpgsql as $$
begin
    update studios set has_removed = true where id = old.studio_id and not has_removed;
    return null;
end
$$;

create trigger instructors_are_removed after delete on instructors for each row execute function note_removed();

create trigger locations_are_removed after delete on locations for each row execute function note_removed();

create trigger rooms_are_removed after delete on rooms for each row execute function note_removed();

create trigger programs_are_removed after delete on programs for each row execute function note_removed();

create trigger classes_are_removed after delete on classes for each row execute function note_removed();

create trigger occurrences_are_removed after delete on occurrences for each row execute function note_removed();

create trigger plans_are_removed after delete on plans for each row execute function note_removed();

create trigger coupons_are_removed after delete on coupons for each row execute function note_removed();

create trigger content_are_removed after delete on content for each row execute function note_removed();

create trigger members_are_removed after delete on members for each row execute function note_removed();
