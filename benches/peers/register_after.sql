-- The same points into the register, each with an identity and one version, as an import leaves them. They go in by SQL,
-- because the time that an import takes is not what is measured here; constraints and triggers are on. Identities
-- grow with the number, as those of an import do.
begin;
insert into record (record_id, kind, boundary_id, label, words, class, places)
values (md5('boundary')::uuid, 'boundary', md5('boundary')::uuid, 'bench', 'bench', 'public',
        places_of(md5('boundary')::uuid, null, null)),
       (md5('section')::uuid, 'section', md5('boundary')::uuid, 'S1', 's1', 'public',
        places_of(md5('boundary')::uuid, md5('section')::uuid, null))
on conflict do nothing;

insert into boundary (boundary_id, feature_id, in_force, known, standing, class, author, reason,
                      key, names, invented, notice, crs, srid, epoch_year)
select r.record_id, r.feature_id, tstzrange('2020-01-01Z', null), tstzrange('2020-01-01Z', null), 'imported', 'public',
       'bench', 'bench', 'bench', '{"en":"Bench","zh":"测试"}', true, '{"en":"Invented","zh":"虚构"}', 'EPSG:4490', 4490, 2000.0
from record as r
where r.record_id = md5('boundary')::uuid
on conflict do nothing;

insert into section (section_id, feature_id, in_force, known, standing, class, author, reason,
                     boundary_id, key, ordinal, names, character, legal_status, technical_status)
select r.record_id, r.feature_id, tstzrange('2020-01-01Z', null), tstzrange('2020-01-01Z', null), 'imported', 'public',
       'bench', 'bench', md5('boundary')::uuid, 'S1', 1, '{"en":"First","zh":"第一段"}', 'land', 'agreed', 'edge_matched'
from record as r
where r.record_id = md5('section')::uuid
on conflict do nothing;

insert into record (record_id, kind, boundary_id, label, words, class, places)
select ('00000000-0000-7000-8000-' || lpad(to_hex(p.id), 12, '0'))::uuid, 'boundary_point', md5('boundary')::uuid, p.number, lower(p.number),
       'public', places_of(md5('boundary')::uuid, md5('section')::uuid, null)
from points_in as p order by p.id;

insert into boundary_point (boundary_point_id, feature_id, in_force, known, standing, class, author, reason,
                            boundary_id, section_id, number, number_key, received, sigma_m, legal, display)
select r.record_id, r.feature_id, tstzrange('2020-01-01Z', null), tstzrange('2020-01-01Z', null), 'imported', 'public',
       'bench', 'bench', md5('boundary')::uuid, md5('section')::uuid, p.number, p.number,
       jsonb_build_object('crs', 'EPSG:4490', 'printed_lat', p.printed_lat, 'printed_lon', p.printed_lon),
       p.sigma_m, st_setsrid(p.geom, 4490), p.geom
from points_in as p
join record as r on r.record_id = ('00000000-0000-7000-8000-' || lpad(to_hex(p.id), 12, '0'))::uuid
order by p.id;

-- The event under which the digests of all these rows stand.
insert into audit_event (at, actor, action, kind, subject) values (now(), 'bench', 'import', 'boundary_points', 'bench');
commit;

drop table points_in;
vacuum (analyze, freeze) record;
vacuum (analyze, freeze) boundary_point;
