-- A memory that cannot be changed unseen. Every row of law that is written leaves its digest, tied to the event that says
-- who wrote it and why; without such an event the transaction is refused. Every event has a place in a Merkle tree, whose
-- root is signed each second.

-- Events.

alter table audit_event
    add column rows_digest bytea,
    add column leaf bigint,
    add column leaf_hash bytea,
    add constraint audit_event_leaf_key unique (leaf),
    add constraint audit_event_leaf_check check ((leaf is null) = (leaf_hash is null));
comment on column audit_event.rows_digest is 'SHA-256 over the digests of the rows that were written for it, in their order';
comment on column audit_event.leaf is 'Its place in the tree, from 0; null until it is sealed';
create index audit_event_unsealed_idx on audit_event (audit_event_id) where leaf is null;
create index audit_event_at_idx on audit_event (at desc, audit_event_id desc);

create function refuse_all_but_sealing() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' and old.leaf is null and new.leaf is not null
        and to_jsonb(new) - 'leaf' - 'leaf_hash' = to_jsonb(old) - 'leaf' - 'leaf_hash'
    then
        return new;
    end if;
    raise exception '% is only ever added to', tg_table_name
        using errcode = 'restrict_violation', constraint = 'append_only';
end $$;

drop trigger audit_event_kept on audit_event;
create trigger audit_event_kept before update or delete on audit_event
    for each row execute function refuse_all_but_sealing();
create trigger audit_event_kept_whole before truncate on audit_event
    for each statement execute function refuse_all_change();

-- Digests of rows.

create table row_digest (
    row_digest_id bigint generated always as identity,
    table_name text not null,
    row_key text not null,
    digest bytea not null,
    audit_event_id bigint not null,
    constraint row_digest_pkey primary key (row_digest_id),
    constraint row_digest_digest_check check (length(digest) = 32),
    constraint row_digest_audit_event_id_fkey foreign key (audit_event_id)
        references audit_event (audit_event_id) deferrable initially deferred
);
create index row_digest_row_idx on row_digest (table_name, row_key, row_digest_id desc);
create index row_digest_audit_event_id_idx on row_digest (audit_event_id);
comment on table row_digest is 'What each row of law was, whenever it was written; the newest digest is what it must be now';
comment on column row_digest.row_key is 'The columns of its primary key with slashes between them';
create trigger row_digest_kept before update or delete on row_digest
    for each row execute function refuse_all_change();
create trigger row_digest_kept_whole before truncate on row_digest
    for each statement execute function refuse_all_change();

-- The event under way in this transaction: rows are written first, and say already which event will speak of them.
create function current_event() returns bigint language plpgsql as $$
declare
    event text := nullif(current_setting('merestone.event', true), '');
begin
    if event is null then
        event := nextval(pg_get_serial_sequence('audit_event', 'audit_event_id'))::text;
        perform set_config('merestone.event', event, true);
    end if;
    return event::bigint;
end $$;

create function take_rows() returns trigger language plpgsql as $$
declare
    event text := nullif(current_setting('merestone.event', true), '');
begin
    if event is not null then
        new.audit_event_id := event::bigint;
        new.rows_digest := (
            select sha256(string_agg(digest, ''::bytea order by row_digest_id))
            from row_digest where audit_event_id = event::bigint);
        perform set_config('merestone.event', '', true);
    end if;
    return new;
end $$;
create trigger audit_event_rows before insert on audit_event for each row execute function take_rows();

-- The bytes of a row: each column that is not empty with its name and length, by name. A column that is added later and
-- is empty changes nothing.
create function digest_expression(of regclass, alias text) returns text language sql stable as $$
    select 'sha256(convert_to(' || string_agg(format(
        'coalesce(%L || length(%s.%I::text) || '':'' || %s.%I::text || chr(10), '''')',
        attname || '=', alias, attname, alias, attname), ' || ' order by attname collate "C") || ', ''UTF8''))'
    from pg_attribute where attrelid = of and attnum > 0 and not attisdropped
$$;

create function key_expression(of regclass, alias text) returns text language sql stable as $$
    select 'concat_ws(''/'', ' || string_agg(format('%s.%I', alias, attname), ', ' order by place) || ')'
    from pg_index i cross join unnest(i.indkey) with ordinality as k (attnum, place)
    join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
    where i.indrelid = of and i.indisprimary
$$;

-- Keeps the digests of a table; called again when it gets another column.
create procedure keep_digests(of regclass) language plpgsql as $$
declare
    kind text := of::text;
begin
    execute format($make$
        create or replace function %I() returns trigger language plpgsql
        set timezone = 'UTC' set datestyle = 'ISO, YMD' set intervalstyle = 'postgres'
        set extra_float_digits = 1 set bytea_output = 'hex' as $body$
        declare
            event bigint;
        begin
            if exists (select from made) then
                event := current_event();
                insert into row_digest (table_name, row_key, digest, audit_event_id)
                select %L, %s, %s, event from made;
            end if;
            return null;
        end $body$ $make$,
        kind || '_digests', kind, key_expression(of, 'made'), digest_expression(of, 'made'));
    if not exists (select from pg_trigger where tgrelid = of and tgname = kind || '_digests') then
        execute format('create trigger %I after insert on %s referencing new table as made
            for each statement execute function %I()', kind || '_digests', of, kind || '_digests');
        execute format('create trigger %I after update on %s referencing new table as made
            for each statement execute function %I()', kind || '_digests_again', of, kind || '_digests');
    end if;
    if not exists (select from pg_trigger where tgrelid = of and tgname = kind || '_kept_whole') then
        execute format('create trigger %I before truncate on %s
            for each statement execute function refuse_all_change()', kind || '_kept_whole', of);
    end if;
end $$;

-- The tables of law: those of versions, and who the parties of a boundary are.
create view table_of_law as
    select c.oid::regclass as of, c.relname::text as name
    from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and (c.relname = 'boundary_party' or exists (
        select from pg_trigger t where t.tgrelid = c.oid and t.tgfoid = 'refuse_change'::regproc));
comment on view table_of_law is 'Tables whose rows are covered by digests';

-- A table of versions keeps its digests, too.
alter procedure keep_versions(text, text) rename to keep_versions_alone;
create procedure keep_versions(kind text, collection text) language plpgsql as $$
begin
    call keep_versions_alone(kind, collection);
    call keep_digests(kind::regclass);
end $$;

do $$
declare
    law record;
begin
    for law in select of, name from table_of_law order by name loop
        call keep_digests(law.of);
        -- What an older release wrote is vouched for as it stands.
        perform set_config('timezone', 'UTC', true), set_config('datestyle', 'ISO, YMD', true),
            set_config('intervalstyle', 'postgres', true), set_config('extra_float_digits', '1', true),
            set_config('bytea_output', 'hex', true);
        execute format('insert into row_digest (table_name, row_key, digest, audit_event_id)
            select %L, %s, %s, current_event() from %s made',
            law.name, key_expression(law.of, 'made'), digest_expression(law.of, 'made'), law.of);
    end loop;
    if exists (select from row_digest) then
        insert into audit_event (at, actor, action, kind, subject, reason)
        values (now(), 'merestone', 'adopt', 'register', 'all', 'rows that were written before digests were kept');
    end if;
    perform set_config('merestone.event', '', true);
end $$;

-- Seals.

create table audit_log (
    only_one boolean not null default true,
    origin text not null,
    constraint audit_log_pkey primary key (only_one),
    constraint audit_log_only_one_check check (only_one)
);
insert into audit_log (origin) values ('merestone/' || gen_random_uuid());
comment on table audit_log is 'The name under which this register signs its log';

create table audit_seal (
    size bigint not null,
    root bytea not null,
    edge bytea[] not null,
    sealed_at timestamptz not null,
    checkpoint text not null,
    constraint audit_seal_pkey primary key (size),
    constraint audit_seal_size_check check (size > 0),
    constraint audit_seal_root_check check (length(root) = 32)
);
comment on table audit_seal is 'The signed root of the tree of events, each time it has grown';
comment on column audit_seal.edge is 'The complete subtrees from left to right, from which the tree grows on';
comment on column audit_seal.checkpoint is 'C2SP tlog-checkpoint in a signed note';
create trigger audit_seal_kept before update or delete on audit_seal
    for each row execute function refuse_all_change();
create trigger audit_seal_kept_whole before truncate on audit_seal
    for each statement execute function refuse_all_change();
