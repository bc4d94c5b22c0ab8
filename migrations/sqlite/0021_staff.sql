-- The people who run a studio are its staff; operators run the gateway.
alter table operators rename to staff;
