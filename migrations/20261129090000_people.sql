-- Who may come in, as what, and by which door: accounts with their grants, sessions of browsers, tokens of programs and
-- devices, one-time links, and what was tried in vain.

create table account (
    account_id uuid not null,
    name text not null,
    full_name text not null,
    party_id uuid references record (record_id),
    password_hash text,
    totp_secret bytea,
    totp_step bigint not null default 0,
    created_at timestamptz not null,
    locked_at timestamptz,
    constraint account_pkey primary key (account_id),
    constraint account_name_key unique (name),
    constraint account_name_check check (name ~ '^[a-z0-9][a-z0-9._-]{1,62}$'),
    constraint account_full_name_check check (full_name <> '' and length(full_name) <= 200)
);
comment on table account is 'A person who may sign in; never deleted, so that the log can name them for ever';
comment on column account.party_id is 'The side they act for';
comment on column account.password_hash is 'argon2id as a PHC string; none until the first link was used';
comment on column account.totp_secret is 'Shared with the person''s authenticator (RFC 6238)';
comment on column account.totp_step is 'The step of the last code that was taken, so that none is taken twice';
comment on column account.locked_at is 'From when on they may not come in';

create table account_grant (
    account_grant_id uuid not null,
    account_id uuid not null references account,
    role text not null,
    party_id uuid references record (record_id),
    boundary_id uuid references record (record_id),
    section_id uuid references record (record_id),
    project_id uuid references record (record_id),
    valid tstzrange not null,
    granted_at timestamptz not null,
    granted_by text not null,
    reason text not null,
    revoked_at timestamptz,
    constraint account_grant_pkey primary key (account_grant_id),
    constraint account_grant_valid_check check (not isempty(valid) and not lower_inf(valid)),
    constraint account_grant_reason_check check (reason <> ''),
    constraint account_grant_place_check check (num_nonnulls(boundary_id, section_id, project_id) <= 1)
);
create index account_grant_account_id_idx on account_grant (account_id);
comment on table account_grant is 'A role of a person, within a side, a place and dates; unset is without that bound';

create table enrolment (
    enrolment_id uuid not null,
    account_id uuid not null references account,
    code_sha256 bytea not null,
    made_at timestamptz not null,
    expires_at timestamptz not null,
    used_at timestamptz,
    constraint enrolment_pkey primary key (enrolment_id),
    constraint enrolment_code_key unique (code_sha256)
);
create index enrolment_account_id_idx on enrolment (account_id);
comment on table enrolment is 'A link, good once, by which a person sets password and authenticator';

create table session (
    session_id uuid not null,
    account_id uuid not null references account,
    secret_sha256 bytea not null,
    begun_at timestamptz not null,
    proved_at timestamptz not null,
    seen_at timestamptz not null,
    expires_at timestamptz not null,
    ended_at timestamptz,
    address text not null,
    browser text not null,
    constraint session_pkey primary key (session_id),
    constraint session_secret_key unique (secret_sha256)
);
create index session_account_id_idx on session (account_id) where ended_at is null;
comment on table session is 'A browser in which somebody has signed in';
comment on column session.proved_at is 'When password, and code, were last given';

create table token (
    token_id uuid not null,
    account_id uuid not null references account,
    secret_sha256 bytea not null,
    name text not null,
    scope text not null,
    inspection_id uuid references record (record_id),
    made_at timestamptz not null,
    expires_at timestamptz not null,
    seen_at timestamptz,
    revoked_at timestamptz,
    constraint token_pkey primary key (token_id),
    constraint token_secret_key unique (secret_sha256),
    constraint token_name_check check (name <> '' and length(name) <= 100),
    constraint token_scope_check check (scope in ('read', 'write', 'upload'))
);
create index token_account_id_idx on token (account_id);
comment on table token is 'By which a program or device acts for a person, within a scope and until a day';
comment on column token.inspection_id is 'For uploads: the one inspection they go to';

create table failed_sign_in (
    account_name text not null,
    address text not null,
    failures integer not null,
    first_at timestamptz not null,
    last_at timestamptz not null,
    constraint failed_sign_in_pkey primary key (account_name, address)
);
comment on table failed_sign_in is 'Signing in that failed, by name and address, so that guessing is slowed down';

-- Services keep in mind who has come in; each of these changes makes them ask again.
create trigger account_changed after insert or update of locked_at, password_hash, totp_secret, party_id, full_name on account
    for each statement execute function bump_collection('accounts');
create trigger account_grant_changed after insert or update on account_grant
    for each statement execute function bump_collection('accounts');
create trigger session_changed after update of ended_at, proved_at on session
    for each statement execute function bump_collection('accounts');
create trigger token_changed after update of revoked_at on token
    for each statement execute function bump_collection('accounts');
