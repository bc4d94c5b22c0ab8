-- Whether a row of this studio was ever removed. Who follows its lists may have seen a row that is gone, and goes on behind
-- it: an import does not keep the older times of its lines then. Nobody knows it of studios that are there already.
alter table studios add column has_removed integer not null default 0;
update studios set has_removed = 1;

create trigger instructors_are_removed after delete on instructors begin
    update studios set has_removed = 1 where id = old.studio_id and not has_removed;
end;

create trigger locations_are_removed after delete on locations begin
    update studios set has_removed = 1 where id = old.studio_id and not has_removed;
end;

create trigger rooms_are_removed after delete on rooms begin
    update studios set has_removed = 1 where id = old.studio_id and not has_removed;
end;

create trigger programs_are_removed after delete on programs begin
    update studios set has_removed = 1 where id = old.studio_id and not has_removed;
end;

create trigger classes_are_removed after delete on classes begin
    update studios set has_removed = 1 where id = old.studio_id and not has_removed;
end;

create trigger occurrences_are_removed after delete on occurrences begin
    update studios set has_removed = 1 where id = old.studio_id and not has_removed;
end;

create trigger plans_are_removed after delete on plans begin
    update studios set has_removed = 1 where id = old.studio_id and not has_removed;
end;

create trigger coupons_are_removed after delete on coupons begin
    update studios set has_removed = 1 where id = old.studio_id and not has_removed;
end;

create trigger content_are_removed after delete on content begin
    update studios set has_removed = 1 where id = old.studio_id and not has_removed;
end;

create trigger members_are_removed after delete on members begin
    update studios set has_removed = 1 where id = old.studio_id and not has_removed;
end;
