-- Two persons: what binds two states is proposed by one and approved by another, and the database refuses a
-- transaction in which a version of the line, of a marker or of an instrument begins or ends to be in force otherwise.

create or replace function whole_scope() returns text language sql immutable parallel safe as $$
    select ';accounts;all;+upload=public,bilateral,internal,restricted;' || string_agg(sign || realm || '=public,bilateral,internal,restricted;', '' order by sign, realm)
        || 'log;'
    from unnest(array['', '+', '!']) sign,
         unnest(array['law', 'line', 'marks', 'field', 'verdicts', 'works', 'affairs']) realm
$$;
comment on function scope_classes(text) is
    'Classes that are read in a realm wherever they are; with + before it, written; with ! before it, approved';
comment on function scope_places(text, text) is
    'Places where a class is read in a realm; with + before it, written; with ! before it, approved';

create table proposal (
    proposal_id uuid not null,
    number bigint generated always as identity,
    kind text not null,
    realm text not null generated always as (realm_of(kind)) stored,
    feature_id bigint references record (feature_id),
    label text,
    class text not null,
    places uuid[] not null,
    deed jsonb not null,
    reason text not null,
    author text not null,
    author_id uuid references account,
    proposed_at timestamptz not null,
    state text not null default 'open',
    decided_by text,
    decided_by_id uuid references account,
    decided_at timestamptz,
    proved_at timestamptz,
    words text,
    decided_in xid8,
    outcome jsonb,
    constraint proposal_pkey primary key (proposal_id),
    constraint proposal_number_key unique (number),
    constraint proposal_class_check check (class in ('public', 'bilateral', 'internal', 'restricted')),
    constraint proposal_reason_check check (reason <> ''),
    constraint proposal_state_check check (state in ('open', 'approved', 'rejected', 'withdrawn')),
    constraint proposal_decided_check check (
        (state = 'open') = (decided_at is null) and (state = 'open') = (decided_by is null)
        and (state = 'open') = (decided_in is null)),
    constraint proposal_words_check check (state <> 'rejected' or words <> ''),
    constraint proposal_two_persons_check check (
        state <> 'approved' or decided_by_id is not null and decided_by_id is distinct from author_id),
    constraint proposal_proved_check check (
        state <> 'approved' or proved_at is not null
            and decided_at - proved_at between interval '-5 minutes' and interval '5 minutes'),
    constraint proposal_outcome_check check (outcome is null or state = 'approved')
);
comment on table proposal is 'What one person wants to put into force, change or end, and what another decided on it';
comment on column proposal.feature_id is 'The record it is about; none for a new one and for a file';
comment on column proposal.label is 'What the record, or the file, is called';
comment on column proposal.class is 'The highest class of what is proposed';
comment on column proposal.places is 'Where it is, as grants name places';
comment on column proposal.deed is 'All that is needed to do it';
comment on column proposal.author_id is 'None for who works at the machine itself, whom no account names';
comment on column proposal.proved_at is 'When who approved had last proved who they are';
comment on column proposal.words is 'What was said with the decision';
comment on column proposal.decided_in is 'The transaction of the decision, which is that of the deed';
comment on column proposal.outcome is 'What was written';
create index proposal_open_idx on proposal (number) where state = 'open';
create index proposal_feature_id_idx on proposal (feature_id);
create index proposal_decided_in_idx on proposal (decided_in);

create function decide_once() returns trigger language plpgsql as $$
declare
    told text[] := array['state', 'decided_by', 'decided_by_id', 'decided_at', 'proved_at', 'words', 'decided_in', 'outcome'];
begin
    if tg_op = 'DELETE' then
        raise exception 'a proposal is never deleted' using errcode = 'restrict_violation';
    end if;
    -- A generated column is not computed yet.
    if to_jsonb(new) - told - 'realm' is distinct from to_jsonb(old) - told - 'realm' then
        raise exception 'what was proposed stays as it was' using errcode = 'restrict_violation';
    end if;
    if old.state = 'open' then
        new.decided_in := case when new.state <> 'open' then pg_current_xact_id() end;
    elsif new.state <> old.state or old.decided_in <> pg_current_xact_id() or old.outcome is not null then
        raise exception 'proposal % is decided', old.number using errcode = 'restrict_violation';
    end if;
    return new;
end $$;
create trigger proposal_kept before update or delete on proposal for each row execute function decide_once();

create table approved (
    record_id uuid not null references record,
    version integer not null,
    proposal_id uuid not null references proposal,
    author text not null,
    approver text not null,
    at timestamptz not null,
    constraint approved_pkey primary key (record_id, version)
);
comment on table approved is 'Versions in force, and whose approval put them there';
create index approved_proposal_id_idx on approved (proposal_id);
create trigger approved_kept before update or delete on approved for each row execute function refuse_all_change();

-- Notes, for the versions in force that a statement has made, the approval of their transaction, where there is one.
create function note_approval() returns trigger language plpgsql security definer set search_path = public as $$
begin
    execute format(
        'insert into approved (record_id, version, proposal_id, author, approver, at)
         select m.%I, m.version, p.proposal_id, p.author, p.decided_by, p.decided_at
         from made m
         join proposal p on p.decided_in = pg_current_xact_id() and p.state = ''approved'' and p.author = m.author
         where m.standing = ''in_force''', tg_table_name || '_id');
    return null;
end $$;

-- At the end of a transaction: nothing of these kinds has begun to be in force, or ended, by one person alone.
create function must_be_approved() returns trigger language plpgsql security definer set search_path = public as $$
declare
    id uuid;
begin
    execute format('select ($1).%I', tg_table_name || '_id') using new into id;
    if tg_op = 'INSERT' and exists (select from approved a where a.record_id = id and a.version = new.version)
        or tg_op = 'UPDATE' and exists (
            select from proposal p where p.decided_in = pg_current_xact_id() and p.state = 'approved')
    then
        return null;
    end if;
    raise exception 'a version of % in force wants two persons', tg_table_name
        using errcode = 'check_violation', constraint = 'two_persons', table = tg_table_name;
end $$;

create procedure want_two_persons(kind text) language plpgsql as $$
begin
    execute format('create trigger %I after insert on %I referencing new table as made
        for each statement execute function note_approval()', kind || '_approval', kind);
    execute format('create constraint trigger %I after insert on %I deferrable initially deferred
        for each row when (new.standing = ''in_force'') execute function must_be_approved()', kind || '_two_persons', kind);
    execute format('create constraint trigger %I after update on %I deferrable initially deferred
        for each row when (old.standing = ''in_force'' and upper_inf(old.known) and not upper_inf(new.known))
        execute function must_be_approved()', kind || '_two_persons_end', kind);
end $$;

create function wants_two_persons(kind text) returns boolean language sql immutable parallel safe
    return realm_of(kind) in ('line', 'marks') or kind = 'instrument';
comment on function wants_two_persons(text) is 'Whether versions of a kind in force bind two states';

do $$
declare
    law record;
begin
    for law in select name from table_of_law where name <> 'boundary_party' and wants_two_persons(name) loop
        call want_two_persons(law.name);
    end loop;
end $$;

alter procedure keep_versions(text, text) rename to keep_versions_secret;
create procedure keep_versions(kind text, collection text) language plpgsql as $$
begin
    call keep_versions_secret(kind, collection);
    if wants_two_persons(kind) then
        call want_two_persons(kind);
    end if;
end $$;

-- A proposal and an approval are evidence like the rows that they speak of.
create or replace view table_of_law as
    select c.oid::regclass as of, c.relname::text as name
    from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
        and (c.relname in ('boundary_party', 'proposal', 'approved') or exists (
            select from pg_trigger t where t.tgrelid = c.oid and t.tgfoid = 'refuse_change'::regproc));
call keep_digests('proposal');
call keep_digests('approved');

-- Who sees the record sees what is proposed for it; who may approve there decides, and the author may think again.
alter table proposal enable row level security, force row level security;
create policy proposal_read on proposal for select using (
    class = any(scope_classes(realm)) or places && scope_places(realm, class)
    or author_id = (select current_account()) or (select scope_has('all;')));
create policy proposal_made on proposal for insert with check (
    state = 'open' and scope_has('+' || realm_of(kind)) and author_id is not distinct from (select current_account()));
create policy proposal_decided on proposal for update
    using (
        (select scope_has('all;')) or author_id = (select current_account())
        or class = any(scope_classes('!' || realm)) or places && scope_places('!' || realm, class))
    with check (
        (select scope_has('all;'))
        or state = 'withdrawn' and author_id = (select current_account())
        or state in ('approved', 'rejected') and decided_by_id = (select current_account()) and (
            class = any(scope_classes('!' || realm_of(kind))) or places && scope_places('!' || realm_of(kind), class)));
grant select, insert on proposal to merestone_app;
grant update (state, decided_by, decided_by_id, decided_at, proved_at, words, outcome) on proposal to merestone_app;

alter table approved enable row level security, force row level security;
create policy approved_read on approved for select using (
    exists (select from record r where r.record_id = approved.record_id));
create policy approved_made on approved for insert with check ((select scope_has('all;')));
grant select on approved to merestone_app;
grant select on table_of_law to merestone_app;
