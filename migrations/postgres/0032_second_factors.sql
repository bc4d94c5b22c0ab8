-- The second factor of a person: one for all studios that their address signs in to.
create table second_factors (
    email_key text collate "C" primary key,
    -- The secret of the codes, encrypted with a key that is not in this database.
    sealed_secret text not null,
    -- The id of that key.
    sealed_with text not null,
    -- The time step of the last code that was used: no code counts twice.
    last_step bigint not null,
    turned_on_at timestamptz not null
);

-- Codes for who has lost their device. Each counts once, and is deleted then. Only its SHA-256 is kept.
create table recovery_codes (
    email_key text collate "C" not null references second_factors (email_key) on delete cascade,
    code_hash text not null,
    primary key (email_key, code_hash)
);

-- Who typed the right password, and has not typed the code yet. Found by the SHA-256 of what their page holds.
create table pending_sign_ins (
    token_hash text collate "C" primary key,
    email_key text collate "C" not null,
    -- The accounts that the password opened, as JSON.
    accounts jsonb not null,
    expires_at timestamptz not null
);
create index pending_sign_ins_by_email on pending_sign_ins (email_key);
create index pending_sign_ins_by_end on pending_sign_ins (expires_at);

-- Since when a studio asks its whole staff for a second factor.
alter table studios add column second_factor_required_since timestamptz;

-- Who a session is in other studios, where the same address and password open them.
create table session_others (
    session_id text collate "C" not null references sessions (id) on delete cascade,
    staff_id text collate "C" not null references staff (id),
    primary key (session_id, staff_id)
);
create index session_others_by_staff on session_others (staff_id);
insert into session_others (session_id, staff_id) select s.id, o.value from sessions as s, jsonb_array_elements_text(s.others) as o;
alter table sessions drop column others;
