-- What treats all records alike: the name people know a record by, the words by which it is found, news of each change
-- for services that keep copies in memory, and the moments at which a version comes into force by itself.

alter table record add column boundary_id uuid;
alter table record add column label text;
alter table record add column words text;
comment on column record.boundary_id is 'The boundary it belongs to, where its kind has one';
comment on column record.label is 'Number, key or code of its newest version: what other records name it by';
comment on column record.words is 'Names, numbers and texts of its newest version, in lower case and without accents, for search';

update record r set label = v.label, boundary_id = v.boundary_id, words = lower(unaccent(concat_ws(' ', v.label, v.names)))
from (
    select party_id as id, version, null::uuid as boundary_id, code as label,
           (select string_agg(value, ' ') from jsonb_each_text(names)) as names from party
    union all
    select instrument_id, version, null, key,
           concat_ws(' ', number, (select string_agg(value, ' ') from jsonb_each_text(names)), citation) from instrument
    union all
    select boundary_id, version, boundary_id, key, (select string_agg(value, ' ') from jsonb_each_text(names)) from boundary
    union all
    select section_id, version, boundary_id, key, (select string_agg(value, ' ') from jsonb_each_text(names)) from section
    union all
    select g.segment_id, g.version, g.boundary_id,
           (select s.key from section s where s.section_id = g.section_id order by s.version desc limit 1) || '/' || g.ordinal,
           concat_ws(' ', g.description_en, g.description_zh) from segment g
    union all
    select boundary_point_id, version, boundary_id, number, null from boundary_point
    union all
    select island_id, version, boundary_id, number, (select string_agg(value, ' ') from jsonb_each_text(names)) from island
    union all
    select marker_id, version, boundary_id, number, (select string_agg(value, ' ') from jsonb_each_text(names)) from marker
    union all
    select marker_element_id, version, boundary_id, label, null from marker_element
    union all
    select inspection_id, version, boundary_id, number, (select string_agg(value, ' ') from jsonb_each_text(names)) from inspection
    union all
    select route_id, version, boundary_id, number, (select string_agg(value, ' ') from jsonb_each_text(names)) from route
    union all
    select project_id, version, boundary_id, number, (select string_agg(value, ' ') from jsonb_each_text(names)) from project
    union all
    select port_id, version, boundary_id, number,
           concat_ws(' ', (select string_agg(value, ' ') from jsonb_each_text(names)),
                     (select string_agg(value, ' ') from jsonb_each_text(counterpart))) from port
) v
where v.id = r.record_id and v.version = 1;

create index record_label_idx on record (kind, label);
create index record_words_idx on record using gin (words gin_trgm_ops);

-- Who holds copies hears of every commit that changed a collection.
create or replace function bump_collection() returns trigger language plpgsql as $$
declare
    newest bigint;
begin
    insert into collection_version as c (collection, version)
    values (tg_argv[0], 1)
    on conflict on constraint collection_version_pkey
        do update set version = c.version + 1, changed_at = now()
    returning version into newest;
    perform pg_notify('collection_version', tg_argv[0] || ' ' || newest);
    return null;
end $$;

-- A record that was renamed changes how others are shown.
create function note_renamed() returns trigger language plpgsql as $$
begin
    if exists (select from was join is_now using (record_id) where was.label <> is_now.label) then
        insert into collection_version as c (collection, version) values ('labels', 1)
        on conflict on constraint collection_version_pkey
            do update set version = c.version + 1, changed_at = now();
        perform pg_notify('collection_version', 'labels');
    end if;
    return null;
end $$;
create trigger record_renamed after update on record referencing old table as was new table as is_now
    for each statement execute function note_renamed();

create table coming_into_force (
    at timestamptz not null,
    collection text not null,
    constraint coming_into_force_pkey primary key (at, collection)
);
comment on table coming_into_force is 'Moments to come at which what is in force in a collection changes without a write';
