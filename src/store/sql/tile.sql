-- One map tile of one boundary ($4), all layers, at a moment ($5). $1 zoom, $2 column, $3 row.
-- What was walked or found later than the moment is not on it: a run of checks counts from when it was made, a track from its first fix.
-- Geometry is the display layer; 4326 to 3857 is the only transformation PostGIS may make here.
-- The box reaches a little over the tile's edges but not over the date line, where degrees would start anew.
with matrix as (
    select power(2, $1::integer)::float8 as n, 0.03125::float8 as margin
),
bounds as (
    select st_tileenvelope($1, $2, $3) as mercator,
           st_makeenvelope(
               greatest(360 * ($2::integer - margin) / n - 180, -180),
               degrees(atan(sinh(pi() * (1 - 2 * least(($3::integer + 1 + margin) / n, 1))))),
               least(360 * ($2::integer + 1 + margin) / n - 180, 180),
               degrees(atan(sinh(pi() * (1 - 2 * greatest(($3::integer - margin) / n, 0))))),
               4326
           ) as box
    from matrix
),
newest as (
    select check_run_id from check_run where boundary_id = $4 and created_at <= $5 order by created_at desc, check_run_id desc limit 1
),
segments as (
    select g.feature_id as id, s.key as section, s.character, g.line_type, g.ordinal,
           s.names ->> 'zh' as name_zh, s.names ->> 'en' as name_en,
           st_asmvtgeom(st_transform(g.display, 3857), b.mercator, 4096, 64, true) as geom
    from bounds b
    join segment g on g.display && b.box
    join section s on s.section_id = g.section_id and upper_inf(s.known) and s.in_force @> $5
    where g.boundary_id = $4 and upper_inf(g.known) and g.in_force @> $5
),
boundary_points as (
    select p.feature_id as id, p.number,
           st_asmvtgeom(st_transform(p.display, 3857), b.mercator, 4096, 64, true) as geom
    from bounds b
    join boundary_point p on p.display && b.box
    where p.boundary_id = $4 and upper_inf(p.known) and p.in_force @> $5 and $1 >= 10
),
verdicts as (
    select subject, max(case verdict when 'fail' then 2 when 'inconclusive' then 1 else 0 end) as worst
    from finding f join newest n on n.check_run_id = f.check_run_id cross join unnest(f.subjects) as subject
    where f.check_code in ('C02', 'C03')
    group by subject
),
markers as (
    select m.feature_id as id, m.number, e.ordinal as element, e.label, m.constellation, m.kind, m.condition as state,
           coalesce(v.outcome, 'none') as visited,
           case w.worst when 2 then 'fail' when 1 then 'inconclusive' when 0 then 'pass' end as verdict,
           st_asmvtgeom(st_transform(e.display, 3857), b.mercator, 4096, 64, true) as geom
    from bounds b
    join marker_element e on e.display && b.box
    join marker m on m.marker_id = e.marker_id and upper_inf(m.known) and m.in_force @> $5
    left join newest n on true
    left join visit v on v.check_run_id = n.check_run_id and v.marker_element_id = e.marker_element_id
    left join verdicts w on w.subject = e.label
    where e.boundary_id = $4 and upper_inf(e.known) and e.in_force @> $5
),
islands as (
    select i.feature_id as id, i.number, i.names ->> 'zh' as name_zh, i.names ->> 'en' as name_en, p.code as owner,
           st_asmvtgeom(st_transform(i.display, 3857), b.mercator, 4096, 64, true) as geom
    from bounds b
    join island i on i.display && b.box
    join party p on p.party_id = i.owner_party_id and upper_inf(p.known) and p.in_force @> $5
    where i.boundary_id = $4 and upper_inf(i.known) and i.in_force @> $5
),
routes as (
    select r.feature_id as id, r.number, r.names ->> 'zh' as name_zh, r.names ->> 'en' as name_en,
           st_asmvtgeom(st_transform(r.display, 3857), b.mercator, 4096, 64, true) as geom
    from bounds b
    join route r on r.display && b.box
    where r.boundary_id = $4 and upper_inf(r.known) and r.in_force @> $5
),
tracks as (
    select t.feature_id as id, coalesce(t.name, u.file_name) as name, u.inspection_id::text as inspection,
           st_asmvtgeom(st_transform(t.overview, 3857), b.mercator, 4096, 64, true) as geom
    from bounds b
    join track t on t.overview && b.box
    join upload u on u.upload_id = t.upload_id
    where $1 < 14 and least(t.first_time, u.received_at) <= $5
    union all
    select t.feature_id, coalesce(t.name, u.file_name), u.inspection_id::text,
           st_asmvtgeom(st_transform(st_force2d(c.path), 3857), b.mercator, 4096, 64, true)
    from bounds b
    join fixes c on c.path && b.box
    join track t on t.track_id = c.track_id
    join upload u on u.upload_id = t.upload_id
    where $1 >= 14 and least(t.first_time, u.received_at) <= $5
),
findings as (
    select f.feature_id as id, f.check_code as check, f.verdict, f.message_en, f.message_zh,
           st_asmvtgeom(st_transform(f.display, 3857), b.mercator, 4096, 64, true) as geom
    from bounds b
    join finding f on f.display && b.box
    join newest n on n.check_run_id = f.check_run_id
    where f.verdict <> 'pass'
),
ports as (
    select o.feature_id as id, o.number, o.names ->> 'zh' as name_zh, o.names ->> 'en' as name_en, o.status,
           o.port_class as class,
           st_asmvtgeom(st_transform(o.display, 3857), b.mercator, 4096, 64, true) as geom
    from bounds b
    join port o on o.display && b.box
    where o.boundary_id = $4 and upper_inf(o.known) and o.in_force @> $5
),
projects as (
    select p.feature_id as id, p.number, p.names ->> 'zh' as name_zh, p.names ->> 'en' as name_en, p.kind, p.state,
           st_asmvtgeom(st_transform(p.display, 3857), b.mercator, 4096, 64, true) as geom
    from bounds b
    join project p on p.display && b.box
    where p.boundary_id = $4 and upper_inf(p.known) and p.in_force @> $5
)
select coalesce((select st_asmvt(l, 'segments', 4096, 'geom', 'id') from segments l where geom is not null), '')
    || coalesce((select st_asmvt(l, 'boundary_points', 4096, 'geom', 'id') from boundary_points l where geom is not null), '')
    || coalesce((select st_asmvt(l, 'islands', 4096, 'geom', 'id') from islands l where geom is not null), '')
    || coalesce((select st_asmvt(l, 'projects', 4096, 'geom', 'id') from projects l where geom is not null), '')
    || coalesce((select st_asmvt(l, 'routes', 4096, 'geom', 'id') from routes l where geom is not null), '')
    || coalesce((select st_asmvt(l, 'tracks', 4096, 'geom', 'id') from tracks l where geom is not null), '')
    || coalesce((select st_asmvt(l, 'findings', 4096, 'geom', 'id') from findings l where geom is not null), '')
    || coalesce((select st_asmvt(l, 'ports', 4096, 'geom', 'id') from ports l where geom is not null), '')
    || coalesce((select st_asmvt(l, 'markers', 4096, 'geom', 'id') from markers l where geom is not null), '')
