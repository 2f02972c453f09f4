-- The database says no as well. The service works as a role that owns nothing; which rows that role sees and writes
-- follows from a setting that every use brings along: the scope of its caller. Without one nothing is seen.
--
-- A scope is made of words with semicolons around them: `;line=public,bilateral;` is read everywhere,
-- `;line@bilateral=UUID,UUID;` at these places, `;+marks=internal;` is written, `;+upload=bilateral;` handed in; `;log;`, `;accounts;` and `;all;` (the service
-- itself) are what they say.

-- Scopes. These are single expressions, so that the planner puts them in place of the call.

create function current_scope() returns text language sql stable parallel safe
    return coalesce(current_setting('merestone.scope', true), '');
comment on function current_scope() is 'What whoever asks may see and do; empty: nothing';

create function scope_classes(realm text) returns text[] language sql stable parallel safe
    return string_to_array(split_part(split_part(
        current_setting('merestone.scope', true), ';' || realm || '=', 2), ';', 1), ',');
comment on function scope_classes(text) is 'Classes that are read in a realm wherever they are; with + before it, written';

create function scope_places(realm text, class text) returns uuid[] language sql stable parallel safe
    return string_to_array(split_part(split_part(
        current_setting('merestone.scope', true), ';' || realm || '@' || class || '=', 2), ';', 1), ',')::uuid[];
comment on function scope_places(text, text) is 'Places where a class is read in a realm; with + before it, written';

create function scope_has(word text) returns boolean language sql stable parallel safe
    return position(';' || word in current_setting('merestone.scope', true)) > 0;
comment on function scope_has(text) is 'Whether a word, or the beginning of one, is in the scope';

create function whole_scope() returns text language sql immutable parallel safe as $$
    select ';accounts;all;+upload=public,bilateral,internal,restricted;' || string_agg(sign || realm || '=public,bilateral,internal,restricted;', '' order by sign, realm)
        || 'log;'
    from unnest(array['', '+']) sign,
         unnest(array['law', 'line', 'marks', 'field', 'verdicts', 'works', 'affairs']) realm
$$;
comment on function whole_scope() is 'The scope of the service itself';

create function current_account() returns uuid language sql stable parallel safe
    return nullif(current_setting('merestone.account', true), '')::uuid;

create function current_actor() returns text language sql stable parallel safe
    return nullif(current_setting('merestone.actor', true), '');

-- Where a record is.

-- Stands among the places of what belongs to a boundary but to none of its sections and projects.
create function whole_of(boundary uuid) returns uuid language sql immutable strict parallel safe
    return translate(replace(boundary::text, '-', ''), '0123456789abcdef', 'fedcba9876543210')::uuid;

create function places_of(boundary uuid, section uuid, project uuid) returns uuid[]
    language sql immutable parallel safe
    return case
        when boundary is null and section is null and project is null
            then array['00000000-0000-0000-0000-000000000000'::uuid]
        when section is null and project is null then array[boundary, whole_of(boundary)]
        else array_remove(array[boundary, section, project], null) end;
comment on function places_of(uuid, uuid, uuid) is 'Places by which grants reach a record';

create function realm_of(kind text) returns text language sql immutable parallel safe
    return case
        when kind in ('party', 'instrument', 'regime_profile', 'rule', 'transformation') then 'law'
        when kind in ('boundary', 'section', 'segment', 'boundary_point', 'shared_water', 'island', 'map_sheet')
            then 'line'
        when kind in ('marker', 'marker_element', 'marker_event', 'agreed_value') then 'marks'
        when kind in ('check_run', 'finding') then 'verdicts'
        when kind in ('project', 'consultation', 'authorisation', 'contract', 'work_programme', 'notice', 'site_visit',
            'acceptance', 'audit', 'zone') then 'works'
        when kind in ('port', 'port_affair', 'incident', 'meeting', 'handover_act', 'representative') then 'affairs'
        else 'field' end;

alter table record
    add column class text constraint record_class_check
        check (class in ('public', 'bilateral', 'internal', 'restricted')),
    add column places uuid[],
    add column realm text not null generated always as (realm_of(kind)) stored;
comment on column record.class is 'That of its newest version; null until the record has one';
comment on column record.places is 'Where it is, as grants name places; null until it has a version';

-- The section a row belongs to, as far as its table can tell.
create function section_of(of regclass, alias text) returns text language plpgsql stable as $$
declare
    has text[] := array(select attname::text from pg_attribute where attrelid = of and attnum > 0 and not attisdropped);
begin
    return case
        when 'section_id' = any(has) then alias || '.section_id'
        when 'marker_id' = any(has) then format(
            '(select m.section_id from marker m where m.marker_id = %s.marker_id order by m.version desc limit 1)', alias)
        when 'boundary_point_id' = any(has) then format(
            '(select p.section_id from boundary_point p where p.boundary_point_id = %s.boundary_point_id
              order by p.version desc limit 1)', alias)
        else 'null::uuid' end;
end $$;

do $$
declare
    law record;
    has text[];
begin
    for law in select of, name from table_of_law where name <> 'boundary_party' loop
        has := array(select attname::text from pg_attribute where attrelid = law.of and attnum > 0 and not attisdropped);
        execute format(
            'update record r set class = x.class, places = x.places
             from (select distinct on (t.%1$I) t.%1$I as id, t.class, places_of(%2$s, %3$s, %4$s) as places
                   from %5$s t order by t.%1$I, t.version desc) x
             where r.record_id = x.id',
            law.name || '_id', case when 'boundary_id' = any(has) then 't.boundary_id' else 'null::uuid' end,
            section_of(law.of, 't'), case when 'project_id' = any(has) then 't.project_id' else 'null::uuid' end, law.of);
    end loop;
    -- A link is where that is which it comes from.
    update record r set places = o.places, boundary_id = o.boundary_id
    from feature_link l join record o on o.record_id = l.from_id
    where r.record_id = l.feature_link_id;
end $$;

-- Rows.

-- Asked only for those who see a class at some places and not at others; a function, so that others plan nothing of it.
create function reached_at(id uuid, class text, realm text) returns boolean language plpgsql stable parallel safe as $$
begin
    return exists (
        select from record r where r.record_id = $1 and (r.places is null or r.places && scope_places($3, $2)));
end $$;
comment on function reached_at(uuid, text, text) is 'Whether a record is where whoever asks may see its class';

-- The condition that a row of class `class`, of the record `id`, is reached.
create function reached(realm text, class text, id text) returns text language sql immutable as $$
    select format(
        '%2$s = any((select scope_classes(%1$L))::text[])
         or ((select scope_has(%1$L || ''@'')) and reached_at(%3$s, %2$s, %1$L))', realm, class, id)
$$;

-- Gives a table of versions its rules.
create procedure keep_secrets(kind text) language plpgsql as $$
declare
    realm text := realm_of(kind);
    id text := format('%I.%I', kind, kind || '_id');
    class text := format('%I.class', kind);
begin
    execute format('alter table %I enable row level security, force row level security', kind);
    execute format('create policy %I on %I for select using (%s)', kind || '_read', kind, reached(realm, class, id));
    execute format('create policy %I on %I for insert with check ((select scope_has(%L)))',
        kind || '_made', kind, '+' || realm);
    execute format('create policy %I on %I for update using (%s) with check (true)',
        kind || '_ended', kind, reached('+' || realm, class, id));
    execute format('grant select, insert, update (known) on %I to merestone_app', kind);
end $$;

-- A table of versions that comes later has them from its beginning.
alter procedure keep_versions(text, text) rename to keep_versions_digested;
create procedure keep_versions(kind text, collection text) language plpgsql as $$
begin
    call keep_versions_digested(kind, collection);
    call keep_secrets(kind);
end $$;

do $$
declare
    law record;
begin
    for law in select name from table_of_law where name <> 'boundary_party' loop
        call keep_secrets(law.name);
    end loop;
end $$;

-- A link shows both its ends.
create policy feature_link_ends on feature_link as restrictive for select using (
    exists (select from record r where r.record_id = from_id) and exists (select from record r where r.record_id = to_id));

alter table record enable row level security, force row level security;
create policy record_read on record for select using (
    places is null
    or class = any(scope_classes(realm))
    or places && scope_places(realm, class));
create policy record_made on record for insert with check ((select scope_has('+' || realm_of(kind))));
-- Whoever writes a version says by it what the record is and where; they must reach it there.
create policy record_known on record for update
    using (true)
    with check (
        class = any(scope_classes('+' || realm))
        or places && scope_places('+' || realm, class));

alter table boundary_party enable row level security, force row level security;
create policy boundary_party_read on boundary_party for select using (
    exists (select from record r where r.record_id = boundary_party.boundary_id));
create policy boundary_party_made on boundary_party for insert with check ((select scope_has('+line')));

-- What was brought from the field: by its class and inspection, and by whoever brought it.
alter table upload enable row level security, force row level security;
do $$
begin
    execute format('create policy upload_read on upload for select using (uploader = (select current_actor()) or %s)',
        reached('field', 'upload.class', 'upload.inspection_id'));
    execute format('create policy upload_made on upload for insert with check (
            uploader = (select current_actor()) and (%s
            or inspection_id is null
                and array[''00000000-0000-0000-0000-000000000000''::uuid] && scope_places(''+upload'', upload.class))
            or (select scope_has(''all;'')))',
        reached('+upload', 'upload.class', 'upload.inspection_id'));
end $$;
create policy upload_told on upload for update using ((select scope_has('+upload')));

create procedure keep_with(child text, parent text, key text) language plpgsql as $$
declare
    realm text := case when parent = 'check_run' then 'verdicts' else 'upload' end;
begin
    execute format('alter table %I enable row level security, force row level security', child);
    execute format('create policy %I on %I for select using ((select scope_has(''all;''))
        or exists (select from %I p where p.%I = %I.%I))', child || '_read', child, parent, key, child, key);
    execute format('create policy %I on %I for insert with check ((select scope_has(%L)))',
        child || '_made', child, '+' || realm);
    execute format('create policy %I on %I for update using ((select scope_has(%L)))',
        child || '_told', child, '+' || realm);
end $$;
call keep_with('track', 'upload', 'upload_id');
-- Fixes come by COPY, which knows no rows that are hidden: they are put into the table and read by the view.
create view fixes with (security_barrier = true) as
    select c.* from track_chunk c where exists (select from track t where t.track_id = c.track_id);
comment on view fixes is 'The fixes of the tracks that whoever asks may see';
call keep_with('waypoint', 'upload', 'upload_id');

alter table photo enable row level security, force row level security;
do $$
begin
    execute format('create policy photo_read on photo for select using (%s)', reached('field', 'photo.class', 'photo.marker_id'));
end $$;
create policy photo_made on photo for insert with check ((select scope_has('+field')));
create policy photo_told on photo for update using ((select scope_has('+field')));

-- A run speaks of a whole boundary, and is the office's own.
alter table check_run enable row level security, force row level security;
do $$
begin
    execute format('create policy check_run_read on check_run for select using (%s)',
        reached('verdicts', '''internal''::text', 'check_run.boundary_id'));
end $$;
create policy check_run_made on check_run for insert with check ((select scope_has('+verdicts')));
call keep_with('finding', 'check_run', 'check_run_id');
call keep_with('visit', 'check_run', 'check_run_id');

alter table event_words enable row level security, force row level security;
create policy event_words_read on event_words for select using (
    (select scope_has('all;'))
    or kind = 'track' and exists (select from track t where t.feature_id = event_words.feature_id)
    or kind = 'photo' and exists (select from photo p where p.feature_id = event_words.feature_id)
    or kind = 'check_run' and exists (select from check_run c where c.feature_id = event_words.feature_id)
    or kind = 'finding' and exists (select from finding f where f.feature_id = event_words.feature_id));
create policy event_words_kept on event_words for all using ((select scope_has('all;')));

-- The log: everybody writes, few read.
alter table audit_event enable row level security, force row level security;
create policy audit_event_read on audit_event for select using ((select scope_has('log;')));
create policy audit_event_made on audit_event for insert with check (true);
create policy audit_event_sealed on audit_event for update using ((select scope_has('all;')));
alter table row_digest enable row level security, force row level security;
create policy row_digest_read on row_digest for select using ((select scope_has('log;')));
create policy row_digest_made on row_digest for insert with check (true);
alter table audit_seal enable row level security, force row level security;
create policy audit_seal_read on audit_seal for select using ((select scope_has('log;')));
create policy audit_seal_made on audit_seal for insert with check ((select scope_has('all;')));

-- People: their own, and administrators.
do $$
declare
    of text;
begin
    foreach of in array array['account', 'account_grant', 'enrolment', 'session', 'token'] loop
        execute format('alter table %I enable row level security, force row level security', of);
        execute format('create policy %I on %I using (
            account_id = (select current_account()) or (select scope_has(''accounts;'')))', of || '_own', of);
    end loop;
end $$;
-- Nobody gives themselves a role.
create policy account_grant_given on account_grant as restrictive for insert with check ((select scope_has('accounts;')));
create policy account_grant_taken on account_grant as restrictive for update using ((select scope_has('accounts;')));
alter table failed_sign_in enable row level security, force row level security;
create policy failed_sign_in_kept on failed_sign_in using ((select scope_has('accounts;')));

alter view searchable set (security_invoker = true);
alter view event_words_now set (security_invoker = true);

-- The role of the service.

grant usage on schema public to merestone_app;
grant select on record, boundary_party, upload, track, fixes, waypoint, photo, check_run, finding, visit,
    event_words, audit_event, row_digest, audit_seal, audit_log, job, collection_version, coming_into_force,
    account, account_grant, enrolment, session, token, failed_sign_in, searchable, event_words_now, table_of_law
    to merestone_app;
grant insert on record, boundary_party, upload, track, track_chunk, waypoint, photo, check_run, finding, visit,
    audit_event, audit_seal, job, coming_into_force, collection_version, account, account_grant, enrolment, session,
    token, failed_sign_in to merestone_app;
grant update (label, words, boundary_id, class, places) on record to merestone_app;
grant update on upload, photo, finding, job, collection_version, account, account_grant, enrolment, session, token,
    failed_sign_in to merestone_app;
grant update (leaf, leaf_hash) on audit_event to merestone_app;
grant delete on coming_into_force, failed_sign_in to merestone_app;
grant select on _sqlx_migrations to merestone_app;

-- What is kept by itself is kept whoever it is that writes, by the owner and in full view.
create or replace function keep_event_words() returns trigger language plpgsql security definer set search_path = public
as $$
declare
    scope text := current_scope();
begin
    perform set_config('merestone.scope', whole_scope(), true);
    -- Findings of an earlier run over the same boundary are history.
    if tg_table_name = 'finding' then
        delete from event_words e
        using (select distinct c.boundary_id from made join check_run c on c.check_run_id = (to_jsonb(made) ->> 'check_run_id')::uuid) b
        where e.kind = 'finding' and e.boundary_id = b.boundary_id;
    end if;
    insert into event_words (feature_id, kind, label, words, boundary_id)
    select w.feature_id, w.kind, w.label, search_words(w.said), w.boundary_id
    from made join event_words_now w on w.feature_id = made.feature_id
    on conflict (feature_id) do update
        set label = excluded.label, words = excluded.words, boundary_id = excluded.boundary_id;
    perform set_config('merestone.scope', scope, true);
    return null;
end $$;

create or replace function take_rows() returns trigger language plpgsql security definer set search_path = public as $$
declare
    event text := nullif(current_setting('merestone.event', true), '');
    scope text := current_scope();
begin
    if event is not null then
        perform set_config('merestone.scope', whole_scope(), true);
        new.audit_event_id := event::bigint;
        new.rows_digest := (
            select sha256(string_agg(digest, ''::bytea order by row_digest_id))
            from row_digest where audit_event_id = event::bigint);
        perform set_config('merestone.event', '', true), set_config('merestone.scope', scope, true);
    end if;
    return new;
end $$;

alter function note_renamed() security definer set search_path = public;
alter function current_event() security definer set search_path = public;

-- Keeps the digests of a table, as its owner; called again when it gets another column.
create or replace procedure keep_digests(of regclass) language plpgsql as $$
declare
    kind text := of::text;
begin
    execute format($make$
        create or replace function %I() returns trigger language plpgsql
        security definer set search_path = public
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

do $$
declare
    law record;
begin
    for law in select of from table_of_law loop
        call keep_digests(law.of);
    end loop;
end $$;
