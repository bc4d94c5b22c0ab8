-- The keys that sign member tokens. Private keys are encrypted with the signing secret, which stands outside the database.

create table signing_keys (
    -- The `kid` of the tokens that it signs.
    id text collate "C" primary key,
    public_key text not null,
    sealed_private_key text not null,
    created_at timestamptz not null,
    -- From when it signs; it is published before.
    signs_at timestamptz not null,
    -- Until when its tokens are accepted; empty until it is replaced.
    expires_at timestamptz
);
