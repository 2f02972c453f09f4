-- What everybody may see, in a table of its own: generalised when it is put into force, so that whoever reads it is
-- never near an exact position. Nothing else of the register is read for the public.

-- Deterministic, so that asking again tells nothing more: points of a grid of 0.01 degree (about 1 km), lines without
-- what is smaller than it. Neighbours still meet, since ends are kept.
create function generalised(shape geometry) returns geometry language sql immutable parallel safe as $$
    select case when st_isempty(g) then null else g end
    from (select st_snaptogrid(case when st_dimension(shape) = 0 then shape else st_simplify(shape, 0.01, true) end, 0.01) as g) s
$$;
comment on function generalised(geometry) is 'Degrees of EPSG:4326, snapped to 0.01; null where nothing is left';

create table public_feature (
    feature_id bigint not null,
    version integer not null,
    kind text not null,
    in_force tstzrange not null,
    names jsonb not null,
    said jsonb not null,
    shape geometry(Geometry, 4326),
    constraint public_feature_pkey primary key (feature_id, version)
);
comment on table public_feature is 'Generalised copies of what is public and in force; filled by triggers, read by everybody';
comment on column public_feature.said is 'The few fields that are published of its kind';
create index public_feature_shape_idx on public_feature using gist (shape);

alter table public_feature enable row level security, force row level security;
create policy public_feature_read on public_feature for select using (true);
create policy public_feature_kept on public_feature for all using ((select scope_has('all;')));
grant select on public_feature to merestone_app;

-- What every copy says of an invented boundary.
create function notice_of(boundary uuid) returns jsonb language sql stable as $$
    select b.notice from boundary b where b.boundary_id = $1 and b.invented order by b.version desc limit 1
$$;

-- Publishes a kind: its names, the fields that are told of it, and its position, as expressions over its row `t`.
create procedure keep_public(kind text, names text, said text, shape text) language plpgsql as $$
declare
    copied text := format(
        'insert into public_feature (feature_id, version, kind, in_force, names, said, shape)
         select t.feature_id, t.version, %1$L, t.in_force, %2$s, jsonb_strip_nulls(%3$s || jsonb_build_object(''notice'', %5$s)),
                generalised(%4$s)
         from %1$I t
         where upper_inf(t.known) and t.standing = ''in_force'' and t.class = ''public''
           and ''public'' = (select n.class from %1$I n where n.feature_id = t.feature_id order by n.version desc limit 1)',
        kind, names, said, shape,
        case when exists (
            select from pg_attribute where attrelid = kind::regclass and attname = 'boundary_id' and not attisdropped)
        then 'notice_of(t.boundary_id)' else 'null::jsonb' end);
begin
    execute format($make$
        create function %I() returns trigger language plpgsql security definer set search_path = public as $body$
        declare
            scope text := current_scope();
        begin
            perform set_config('merestone.scope', whole_scope(), true);
            delete from public_feature p using made m where p.feature_id = m.feature_id;
            %s and t.feature_id in (select m.feature_id from made m);
            perform set_config('merestone.scope', scope, true);
            return null;
        end $body$ $make$, kind || '_public', copied);
    execute format('create trigger %I after insert on %I referencing new table as made
        for each statement execute function %I()', kind || '_public', kind, kind || '_public');
    execute format('create trigger %I after update on %I referencing new table as made
        for each statement execute function %I()', kind || '_public_again', kind, kind || '_public');
    execute copied;
end $$;

call keep_public('boundary', 't.names', 'jsonb_build_object(''key'', t.key, ''invented'', t.invented)', 'null::geometry');
call keep_public('section', 't.names', 'jsonb_build_object(''key'', t.key, ''character'', t.character)', 'null::geometry');
call keep_public('segment', '''{}''', 'jsonb_build_object(''ordinal'', t.ordinal)', 't.display');
call keep_public('port', 't.names',
    'jsonb_build_object(''number'', t.number, ''port_class'', t.port_class, ''status'', t.status)', 't.display');
call keep_public('instrument', 't.names',
    'jsonb_build_object(''number'', t.number, ''kind'', t.kind, ''signed_on'', t.signed_on, ''in_force_on'', t.in_force_on)',
    'null::geometry');
call keep_public('notice', '''{}''',
    'jsonb_build_object(''number'', t.number, ''kind'', t.kind, ''given_on'', t.given_on, ''starts_on'', t.starts_on,
        ''ends_on'', t.ends_on, ''texts'', t.texts)', 'null::geometry');
