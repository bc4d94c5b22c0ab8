-- A mail server's words may quote a link that still works, or a login. From here on they are kept without such; what was
-- kept before is forgotten, and the next try says anew why it failed.
update outbox set last_error = null where last_error is not null;
