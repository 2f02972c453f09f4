-- The rest of the law and the line: regimes, distance rules, transformations, shared waters, sheets and zones, and the
-- words of the narrative on each segment. New columns of older tables may be empty, because their rows are not changed.

alter table party
    add column official_names jsonb,
    add column kind text
        constraint party_kind_check check (kind in ('state', 'territory', 'organisation')),
    add column authority jsonb,
    add column languages text[];

alter table instrument
    add column parties text[],
    add column languages text[],
    add column place jsonb,
    add column approved_on date,
    add column ends_on date,
    add column precedence jsonb,
    add column documents jsonb;

create trigger party_listed after insert or update on party
    for each statement execute function bump_collection('parties');

create table regime_profile (
    regime_profile_id uuid not null,
    like record_version including all,
    boundary_id uuid not null references record (record_id),
    key text not null,
    names jsonb not null default '{}',
    section_id uuid references record (record_id),
    marker_kinds text[],
    numbering jsonb not null default '{}',
    joint_cycle_a double precision,
    control_cycle_a double precision,
    vista_m double precision,
    notice_days integer,
    reply_days integer,
    witness boolean,
    upkeep_rule text,
    upkeep jsonb not null default '{}',
    river_rule text,
    river jsonb not null default '{}',
    tolerance_m double precision,
    spacing_m double precision,
    languages text[],
    citation text,
    constraint regime_profile_key_check check (key <> ''),
    constraint regime_profile_joint_cycle_a_check check (joint_cycle_a between 0 and 100),
    constraint regime_profile_control_cycle_a_check check (control_cycle_a between 0 and 100),
    constraint regime_profile_vista_m_check check (vista_m between 0 and 1000),
    constraint regime_profile_notice_days_check check (notice_days between 0 and 1000),
    constraint regime_profile_reply_days_check check (reply_days between 0 and 1000),
    constraint regime_profile_upkeep_rule_check check (upkeep_rule in ('by_location', 'by_erector', 'odd_even',
        'own_elements', 'by_section', 'by_agreement')),
    constraint regime_profile_river_rule_check check (river_rule in ('fixed', 'follows_nature', 'shared_surface',
        'by_agreement')),
    constraint regime_profile_tolerance_m_check check (tolerance_m between 0 and 1000),
    constraint regime_profile_spacing_m_check check (spacing_m >= 0)
);
call keep_versions('regime_profile', 'regime_profiles');
create unique index regime_profile_key_key on regime_profile (boundary_id, key)
    where upper_inf(known) and upper_inf(in_force);
create index regime_profile_boundary_id_idx on regime_profile (boundary_id) where upper_inf(known);
comment on table regime_profile is 'What the agreements of a section ask: inspections, vista, notices, upkeep, rivers';
comment on column regime_profile.joint_cycle_a is 'Years between joint inspections';
comment on column regime_profile.control_cycle_a is 'Years between control inspections';
comment on column regime_profile.vista_m is 'Width of the vista on each side of the line, metres';
comment on column regime_profile.tolerance_m is 'Tolerance of a re-surveyed marker, metres';
comment on column regime_profile.spacing_m is 'Greatest distance between neighbouring markers, metres';

create table rule (
    rule_id uuid not null,
    like record_version including all,
    boundary_id uuid not null references record (record_id),
    number text not null,
    section_id uuid references record (record_id),
    party_id uuid references record (record_id),
    side text not null default 'both',
    activity text not null,
    min_m double precision not null default 0,
    max_m double precision,
    measured_from text not null default 'line',
    effect text not null,
    notice_days integer,
    description jsonb not null default '{}',
    citation text not null,
    confidence text not null default 'to_verify',
    constraint rule_number_check check (number <> ''),
    constraint rule_side_check check (side in ('left', 'right', 'both')),
    constraint rule_activity_check check (activity in ('any', 'bridge', 'pipeline', 'ferry', 'river_training',
        'bank_protection', 'dredging', 'flood_works', 'dam', 'hydrometric_station', 'road', 'barrier',
        'vista_clearing', 'marker_works', 'survey', 'drone_flight', 'blasting', 'tree_felling', 'mining',
        'building', 'tourism', 'economic_zone', 'port_construction', 'permit', 'obstruction', 'burning',
        'ploughing', 'navigation', 'water_use', 'live_firing')),
    constraint rule_min_m_check check (min_m >= 0),
    constraint rule_max_m_check check (max_m >= 0),
    constraint rule_measured_from_check check (measured_from in ('line', 'water_edge', 'marker', 'bank')),
    constraint rule_effect_check check (effect in ('forbid', 'neighbour_agreement', 'neighbour_notice',
        'commission_authorisation', 'province_approval', 'prefecture_approval', 'file_only')),
    constraint rule_notice_days_check check (notice_days between 0 and 1000),
    constraint rule_confidence_check check (confidence in ('read', 'weak_source', 'to_verify')),
    constraint rule_distances_check check (max_m >= min_m)
);
call keep_versions('rule', 'rules');
create unique index rule_number_key on rule (boundary_id, number) where upper_inf(known) and upper_inf(in_force);
create index rule_boundary_id_idx on rule (boundary_id) where upper_inf(known);
create index rule_section_id_idx on rule (section_id) where upper_inf(known);
comment on table rule is 'A distance rule with its citation; where there is none, nothing is thereby allowed';
comment on column rule.min_m is 'Least distance at which the rule holds, metres';
comment on column rule.max_m is 'Greatest distance at which the rule holds, metres; none: not limited by distance';

create table transformation (
    transformation_id uuid not null,
    like record_version including all,
    key text not null,
    names jsonb not null default '{}',
    method text not null,
    from_crs text not null,
    from_epoch double precision,
    to_crs text not null,
    to_epoch double precision,
    parameters jsonb not null,
    common_points jsonb,
    residuals jsonb,
    rms_m double precision,
    accuracy_m double precision,
    west_deg double precision,
    south_deg double precision,
    east_deg double precision,
    north_deg double precision,
    agency jsonb not null default '{}',
    citation text,
    constraint transformation_key_check check (key <> ''),
    constraint transformation_method_check check (method in ('translation_3', 'position_vector_7',
        'coordinate_frame_7', 'similarity_4', 'affine_6', 'grid')),
    constraint transformation_from_epoch_check check (from_epoch between 1800 and 2200),
    constraint transformation_to_epoch_check check (to_epoch between 1800 and 2200),
    constraint transformation_rms_m_check check (rms_m >= 0),
    constraint transformation_accuracy_m_check check (accuracy_m >= 0),
    constraint transformation_west_deg_check check (west_deg between -180 and 180),
    constraint transformation_south_deg_check check (south_deg between -90 and 90),
    constraint transformation_east_deg_check check (east_deg between -180 and 180),
    constraint transformation_north_deg_check check (north_deg between -90 and 90)
);
call keep_versions('transformation', 'transformations');
create unique index transformation_key_key on transformation (key) where upper_inf(known) and upper_inf(in_force);
comment on table transformation is 'Transformation parameters of an agency, with what they were estimated from';
comment on column transformation.from_epoch is 'Decimal year';
comment on column transformation.to_epoch is 'Decimal year';
comment on column transformation.rms_m is 'Root mean square of the residuals, metres';
comment on column transformation.accuracy_m is 'One standard deviation per axis of a transformed position, metres';
comment on column transformation.west_deg is 'Degrees';
comment on column transformation.south_deg is 'Degrees';
comment on column transformation.east_deg is 'Degrees; less than west_deg where the area crosses 180 degrees';
comment on column transformation.north_deg is 'Degrees';

alter table segment
    add column number text,
    add column ellipsoid text,
    add column from_point_id uuid references record (record_id),
    add column to_point_id uuid references record (record_id),
    add column from_marker_id uuid references record (record_id),
    add column to_marker_id uuid references record (record_id),
    add column direction jsonb,
    add column stated_length text,
    add column stated_length_m double precision
        constraint segment_stated_length_m_check check (stated_length_m >= 0),
    add column stated_rounding_m double precision
        constraint segment_stated_rounding_m_check check (stated_rounding_m >= 0),
    add column water jsonb,
    add column precision_words jsonb,
    add column witness_heights jsonb,
    add column description_ru text,
    add column description_ko text,
    add column originals jsonb;
-- A segment is called by its section and its place there. Filling a new column in changes nothing that was published.
alter table segment disable trigger segment_kept;
update segment g set number = coalesce(
    (select s.key from section s where s.section_id = g.section_id
     order by upper_inf(s.known) desc, s.version desc limit 1),
    g.feature_id::text) || '/' || g.ordinal;
alter table segment enable trigger segment_kept;
alter table segment alter column number set not null;
create index segment_number_idx on segment (boundary_id, number) where upper_inf(known);
comment on column segment.stated_length_m is 'Length as its narrative states it, metres';
comment on column segment.stated_rounding_m is 'Unit of the last printed digit of the stated length, metres';

alter table boundary_point
    add column crs text,
    add column epoch double precision
        constraint boundary_point_epoch_check check (epoch between 1800 and 2200),
    add column method text
        constraint boundary_point_method_check check (method in ('static', 'rtk', 'ppp', 'traverse', 'intersection',
            'photogrammetry', 'map', 'handheld', 'not_stated')),
    add column stated_error text,
    add column height_m double precision
        constraint boundary_point_height_m_check check (height_m between -500 and 9000),
    add column height_datum text,
    add column tri_junction boolean,
    add column remarks jsonb;
comment on column boundary_point.epoch is 'Epoch of the position as measured, decimal year';
comment on column boundary_point.height_m is 'Height above its datum, metres';

create table shared_water (
    shared_water_id uuid not null,
    like record_version including all,
    boundary_id uuid not null references record (record_id),
    number text not null,
    names jsonb not null default '{}',
    section_id uuid references record (record_id),
    kind text not null default 'river',
    stage_m double precision,
    stage_datum text,
    surveyed_on date,
    stated_area_m2 double precision,
    usage jsonb not null default '{}',
    citation text,
    legal geometry(Polygon) not null,
    display geometry(Polygon, 4326) not null,
    constraint shared_water_number_check check (number <> ''),
    constraint shared_water_kind_check check (kind in ('river', 'lake', 'reservoir', 'estuary')),
    constraint shared_water_stated_area_m2_check check (stated_area_m2 >= 0)
);
call keep_versions('shared_water', 'shared_waters');
create unique index shared_water_number_key on shared_water (boundary_id, number)
    where upper_inf(known) and upper_inf(in_force);
create index shared_water_boundary_id_idx on shared_water (boundary_id) where upper_inf(known);
create index shared_water_section_id_idx on shared_water (section_id) where upper_inf(known);
create index shared_water_display_idx on shared_water using gist (display) where upper_inf(known);
comment on table shared_water is 'A water surface that both sides share';
comment on column shared_water.stage_m is 'Water stage at which the surface was surveyed, metres';
comment on column shared_water.stated_area_m2 is 'Area as stated, square metres';

alter table island
    add column section_id uuid references record (record_id),
    add column kind text
        constraint island_kind_check check (kind in ('island', 'sandbar')),
    add column water jsonb,
    add column stated_area_m2 double precision
        constraint island_stated_area_m2_check check (stated_area_m2 >= 0),
    add column map_sheet text,
    add column remarks jsonb;
comment on column island.stated_area_m2 is 'Area as its table states it, square metres';

create table map_sheet (
    map_sheet_id uuid not null,
    like record_version including all,
    boundary_id uuid not null references record (record_id),
    number text not null,
    names jsonb not null default '{}',
    series text,
    scale integer not null,
    edition text,
    crs text,
    height_datum text,
    publisher_party_id uuid references record (record_id),
    published_on date,
    sections text[],
    adjoining text[],
    languages text[],
    legal geometry(Polygon) not null,
    display geometry(Polygon, 4326) not null,
    constraint map_sheet_number_check check (number <> ''),
    constraint map_sheet_scale_check check (scale between 1 and 100000000)
);
call keep_versions('map_sheet', 'map_sheets');
create unique index map_sheet_number_key on map_sheet (boundary_id, number)
    where upper_inf(known) and upper_inf(in_force);
create index map_sheet_boundary_id_idx on map_sheet (boundary_id) where upper_inf(known);
create index map_sheet_display_idx on map_sheet using gist (display) where upper_inf(known);
comment on table map_sheet is 'A sheet of the boundary map album';

create table zone (
    zone_id uuid not null,
    like record_version including all,
    boundary_id uuid not null references record (record_id),
    number text not null,
    names jsonb not null default '{}',
    kind text not null,
    party_id uuid references record (record_id),
    section_id uuid references record (record_id),
    project_id uuid references record (record_id),
    starts_on date,
    ends_on date,
    rules jsonb not null default '{}',
    citation text,
    legal geometry(Polygon) not null,
    display geometry(Polygon, 4326) not null,
    constraint zone_number_check check (number <> ''),
    constraint zone_kind_check check (kind in ('closed_zone', 'administration_zone', 'vista', 'construction_zone',
        'other'))
);
call keep_versions('zone', 'zones');
create unique index zone_number_key on zone (boundary_id, number) where upper_inf(known) and upper_inf(in_force);
create index zone_boundary_id_idx on zone (boundary_id) where upper_inf(known);
create index zone_section_id_idx on zone (section_id) where upper_inf(known);
create index zone_display_idx on zone using gist (display) where upper_inf(known);
comment on table zone is 'An area along the line with rules of its own';
