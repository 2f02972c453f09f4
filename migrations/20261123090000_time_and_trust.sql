-- What every later table stands on: identities, versions with two kinds of time, versions of collections for cache
-- keys, and the log of who did what. First, because no record may ever be without its times.

create extension if not exists postgis;
create extension if not exists btree_gist;
create extension if not exists pg_trgm;
create extension if not exists unaccent;

create table record (
    record_id uuid not null,
    kind text not null,
    feature_id bigint generated always as identity,
    constraint record_pkey primary key (record_id),
    constraint record_feature_id_key unique (feature_id),
    constraint record_record_id_feature_id_key unique (record_id, feature_id)
);
comment on table record is 'Identity of every registered record; its versions are in the table named by kind';
comment on column record.feature_id is 'Stable positive integer for maps, tiles and feature services; the same over all versions';

-- The columns of every version, copied by "like record_version including all".
create table record_version (
    feature_id bigint not null,
    version integer not null default 1 constraint version_check check (version >= 1),
    in_force tstzrange not null constraint in_force_check check (not isempty(in_force) and not lower_inf(in_force)),
    known tstzrange not null constraint known_check check (not isempty(known) and not lower_inf(known)),
    standing text not null constraint standing_check check (standing in ('imported', 'in_force', 'historical')),
    class text not null default 'restricted'
        constraint class_check check (class in ('public', 'bilateral', 'internal', 'restricted')),
    instrument_id uuid,
    author text not null constraint author_check check (author <> ''),
    reason text not null constraint reason_check check (reason <> '')
);
comment on table record_version is 'Template of the columns that every version of every record has; holds no rows';
comment on column record_version.in_force is 'When this version is in force, from an instrument';
comment on column record_version.known is 'When the register held this version; open while it is the newest knowledge';
comment on column record_version.standing is 'imported (not binding), in_force, historical';
comment on column record_version.class is 'Who may see it; unclassified is restricted';
comment on column record_version.instrument_id is 'The instrument that this version cites';

-- What is published is never changed: the one update allowed is the end of being the newest knowledge.
create function refuse_change() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' and upper_inf(old.known) and not upper_inf(new.known)
        and lower(new.known) = lower(old.known)
        and to_jsonb(new) - 'known' = to_jsonb(old) - 'known'
    then
        return new;
    end if;
    raise exception 'a version of % is never changed or deleted; insert a new version', tg_table_name
        using errcode = 'restrict_violation', constraint = 'published_is_kept';
end $$;

-- Facts that are only ever added to.
create function refuse_all_change() returns trigger language plpgsql as $$
begin
    raise exception '% is only ever added to', tg_table_name
        using errcode = 'restrict_violation', constraint = 'append_only';
end $$;

-- A number for each collection that grows by one with every change of it. Cache keys take the sum over the collections
-- they show: whichever of two transactions commits first, each commit changes the sum.
create table collection_version (
    collection text not null,
    version bigint not null,
    changed_at timestamptz not null default now(),
    constraint collection_version_pkey primary key (collection)
);
comment on table collection_version is 'Grows with every change of a collection; part of every cache key';

create function bump_collection() returns trigger language plpgsql as $$
begin
    insert into collection_version as c (collection, version)
    values (tg_argv[0], 1)
    on conflict on constraint collection_version_pkey
        do update set version = c.version + 1, changed_at = now();
    return null;
end $$;

-- Makes a table of versions what it must be; $2 names the collection whose cache key it moves.
create procedure keep_versions(kind text, collection text) language plpgsql as $$
declare
    id text := kind || '_id';
begin
    execute format('alter table %I add constraint %I primary key (%I, version)', kind, kind || '_pkey', id);
    execute format(
        'alter table %I add constraint %I foreign key (%I, feature_id) references record (record_id, feature_id)',
        kind, kind || '_' || id || '_fkey', id);
    execute format(
        'alter table %I add constraint %I foreign key (instrument_id) references record (record_id)',
        kind, kind || '_instrument_id_fkey');
    execute format(
        'alter table %I add constraint %I exclude using gist (%I with =, in_force with &&, known with &&)',
        kind, kind || '_one_in_force_excl', id);
    execute format('create index %I on %I (feature_id) where upper_inf(known)', kind || '_feature_id_idx', kind);
    execute format(
        'create trigger %I before update or delete on %I for each row execute function refuse_change()',
        kind || '_kept', kind);
    execute format(
        'create trigger %I after insert or update on %I for each statement execute function bump_collection(%L)',
        kind || '_changed', kind, collection);
end $$;

create table audit_event (
    audit_event_id bigint generated always as identity,
    at timestamptz not null,
    actor text not null,
    action text not null,
    kind text not null,
    subject text not null,
    reason text,
    detail jsonb not null default '{}',
    constraint audit_event_pkey primary key (audit_event_id),
    constraint audit_event_action_check check (action <> '')
);
comment on table audit_event is 'Who did what, when, to which record and why; written in the transaction of the deed';
create index audit_event_subject_idx on audit_event (kind, subject);
create trigger audit_event_kept before update or delete on audit_event
    for each row execute function refuse_all_change();

create table job (
    job_id uuid not null,
    kind text not null,
    payload jsonb not null,
    state text not null default 'queued',
    created_at timestamptz not null,
    run_after timestamptz not null,
    attempts integer not null default 0,
    worker text,
    heartbeat_at timestamptz,
    finished_at timestamptz,
    progress real not null default 0,
    message_en text,
    message_zh text,
    constraint job_pkey primary key (job_id),
    constraint job_state_check check (state in ('queued', 'running', 'done', 'failed')),
    constraint job_progress_check check (progress between 0 and 1)
);
comment on table job is 'Work to be done after an answer was given; taken by workers under a row lock';
comment on column job.progress is 'Share done, 0 to 1';
create index job_queued_idx on job (run_after) where state in ('queued', 'running');
