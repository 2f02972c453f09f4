-- Observations of both sides, what they agreed and what was done to markers; the whole registration form on markers and
-- elements; numbers for runs of checks and photographs, so that these can be named like every other record.

alter table marker
    add column site jsonb,
    add column access jsonb,
    add column previous_marker_id uuid references record (record_id),
    add column previous_azimuth_deg double precision
        constraint marker_previous_azimuth_deg_check check (previous_azimuth_deg between 0 and 360),
    add column previous_distance_m double precision
        constraint marker_previous_distance_m_check check (previous_distance_m >= 0),
    add column next_marker_id uuid references record (record_id),
    add column next_azimuth_deg double precision
        constraint marker_next_azimuth_deg_check check (next_azimuth_deg between 0 and 360),
    add column next_distance_m double precision
        constraint marker_next_distance_m_check check (next_distance_m >= 0),
    add column azimuth_kind text
        constraint marker_azimuth_kind_check check (azimuth_kind in ('true_north', 'grid_north', 'magnetic_north')),
    add column distance_kind text
        constraint marker_distance_kind_check check (distance_kind in ('horizontal', 'slope', 'ellipsoidal')),
    add column action text,
    add column action_due date,
    add column action_done date,
    add column attestation jsonb,
    add column documents jsonb,
    alter column former_numbers drop not null,
    alter column former_numbers drop default,
    -- An empty list was no value.
    alter column former_numbers type text[] using nullif(former_numbers, '{}');
comment on column marker.previous_azimuth_deg is 'Azimuth to the previous marker as registered, degrees';
comment on column marker.previous_distance_m is 'Distance to the previous marker as registered, metres';
comment on column marker.next_azimuth_deg is 'Azimuth to the next marker as registered, degrees';
comment on column marker.next_distance_m is 'Distance to the next marker as registered, metres';

alter table marker_element
    add column kind text
        constraint marker_element_kind_check check (kind in ('post', 'pillar', 'stone', 'plate', 'rock_mark', 'pin',
            'stone_ring', 'buoy')),
    add column azimuth_kind text
        constraint marker_element_azimuth_kind_check check (azimuth_kind in ('true_north', 'grid_north',
            'magnetic_north')),
    add column distance_kind text
        constraint marker_element_distance_kind_check check (distance_kind in ('horizontal', 'slope', 'ellipsoidal')),
    add column spacing_m double precision
        constraint marker_element_spacing_m_check check (spacing_m >= 0),
    add column ties jsonb,
    add column depth_below_ground_m double precision
        constraint marker_element_depth_below_ground_m_check check (depth_below_ground_m between 0 and 100),
    add column foundation text,
    add column centre_mark text,
    add column colour text,
    add column reference_point text,
    add column crs text,
    add column epoch double precision
        constraint marker_element_epoch_check check (epoch between 1800 and 2200),
    add column method text
        constraint marker_element_method_check check (method in ('static', 'rtk', 'ppp', 'traverse', 'intersection',
            'photogrammetry', 'map', 'handheld', 'not_stated')),
    add column sessions integer
        constraint marker_element_sessions_check check (sessions between 0 and 10000),
    add column sigma_height_m double precision
        constraint marker_element_sigma_height_m_check check (sigma_height_m between 0 and 10000);
comment on column marker_element.spacing_m is 'Distance to the next element of the same number, metres';
comment on column marker_element.depth_below_ground_m is 'Depth of the body below ground, metres';
comment on column marker_element.epoch is 'Epoch of the position as measured, decimal year';
comment on column marker_element.sigma_height_m is 'One standard deviation of the height, metres';
create trigger marker_element_listed after insert or update on marker_element
    for each statement execute function bump_collection('marker_elements');

create table marker_event (
    marker_event_id uuid not null,
    like record_version including all,
    boundary_id uuid not null references record (record_id),
    number text not null,
    marker_id uuid not null references record (record_id),
    marker_element_id uuid references record (record_id),
    kind text not null,
    state text not null default 'reported',
    discovered_on date,
    notified_on date,
    confirmed_on date,
    starts_on date,
    ends_on date,
    done_by_party_id uuid references record (record_id),
    witness_party_id uuid references record (record_id),
    cause jsonb not null default '{}',
    facts jsonb not null default '{}',
    work jsonb not null default '{}',
    inspection_id uuid references record (record_id),
    project_id uuid references record (record_id),
    act_number text,
    act_signed_on date,
    place jsonb not null default '{}',
    representatives jsonb,
    documents jsonb,
    legal geometry(Point),
    display geometry(Point, 4326),
    constraint marker_event_number_check check (number <> ''),
    constraint marker_event_kind_check check (kind in ('repair', 'restore_in_place', 'relocate', 'replace',
        'add_auxiliary', 'retire')),
    constraint marker_event_state_check check (state in ('reported', 'notified', 'confirmed', 'notice_given',
        'in_progress', 'done', 'act_signed', 'recorded')),
    constraint marker_event_geometry_check check ((legal is null) = (display is null)),
    constraint marker_event_dates_check check (ends_on >= starts_on)
);
call keep_versions('marker_event', 'marker_events');
create unique index marker_event_number_key on marker_event (boundary_id, number)
    where upper_inf(known) and upper_inf(in_force);
create index marker_event_boundary_id_idx on marker_event (boundary_id) where upper_inf(known);
create index marker_event_marker_id_idx on marker_event (marker_id) where upper_inf(known);
create index marker_event_display_idx on marker_event using gist (display) where upper_inf(known);
comment on table marker_event is 'What was done to a marker, with its act';

create table observation (
    observation_id uuid not null,
    like record_version including all,
    boundary_id uuid not null references record (record_id),
    number text not null,
    inspection_id uuid references record (record_id),
    party_id uuid not null references record (record_id),
    marker_id uuid references record (record_id),
    marker_element_id uuid references record (record_id),
    boundary_point_id uuid references record (record_id),
    observed_at timestamptz,
    observer text,
    method text,
    receiver text,
    received jsonb not null default '{}',
    crs text,
    epoch double precision,
    sigma_m double precision,
    sigma_east_m double precision,
    sigma_north_m double precision,
    correlation double precision,
    height_m double precision,
    height_datum text,
    sigma_height_m double precision,
    antenna_height_m double precision,
    sessions integer,
    epochs integer,
    fix_kind text,
    satellites integer,
    pdop double precision,
    baseline_km double precision,
    condition text,
    damage jsonb not null default '{}',
    photos jsonb,
    raw_sha256 text,
    remarks jsonb not null default '{}',
    legal geometry(Point),
    display geometry(Point, 4326),
    constraint observation_number_check check (number <> ''),
    constraint observation_method_check check (method in ('static', 'rtk', 'ppp', 'traverse', 'intersection',
        'photogrammetry', 'map', 'handheld', 'not_stated')),
    constraint observation_epoch_check check (epoch between 1800 and 2200),
    constraint observation_sigma_m_check check (sigma_m between 0 and 10000),
    constraint observation_sigma_east_m_check check (sigma_east_m between 0 and 10000),
    constraint observation_sigma_north_m_check check (sigma_north_m between 0 and 10000),
    constraint observation_correlation_check check (correlation between -1 and 1),
    constraint observation_height_m_check check (height_m between -500 and 9000),
    constraint observation_sigma_height_m_check check (sigma_height_m between 0 and 10000),
    constraint observation_antenna_height_m_check check (antenna_height_m between 0 and 100),
    constraint observation_sessions_check check (sessions between 0 and 10000),
    constraint observation_epochs_check check (epochs >= 0),
    constraint observation_fix_kind_check check (fix_kind in ('unknown', 'none', '2d', '3d', 'pps', 'dgps',
        'rtk_float', 'rtk_fixed')),
    constraint observation_satellites_check check (satellites between 0 and 1000),
    constraint observation_pdop_check check (pdop between 0 and 1000),
    constraint observation_baseline_km_check check (baseline_km between 0 and 20000),
    constraint observation_condition_check check (condition in ('intact', 'weathered', 'tilted', 'damaged',
        'destroyed', 'missing', 'displaced_suspected', 'displaced_confirmed', 'inaccessible', 'submerged',
        'not_inspected')),
    constraint observation_geometry_check check ((legal is null) = (display is null))
);
call keep_versions('observation', 'observations');
create unique index observation_number_key on observation (boundary_id, number)
    where upper_inf(known) and upper_inf(in_force);
create index observation_boundary_id_idx on observation (boundary_id) where upper_inf(known);
create index observation_inspection_id_idx on observation (inspection_id) where upper_inf(known);
create index observation_marker_id_idx on observation (marker_id) where upper_inf(known);
create index observation_display_idx on observation using gist (display) where upper_inf(known);
comment on table observation is 'What one side measured and saw at a marker';
comment on column observation.epoch is 'Epoch of the position as measured, decimal year';
comment on column observation.sigma_m is 'One standard deviation per axis, metres';
comment on column observation.sigma_east_m is 'One standard deviation to the east, metres';
comment on column observation.sigma_north_m is 'One standard deviation to the north, metres';
comment on column observation.correlation is 'Correlation of the errors to the east and to the north';
comment on column observation.height_m is 'Height above its datum, metres';
comment on column observation.sigma_height_m is 'One standard deviation of the height, metres';
comment on column observation.antenna_height_m is 'Height of the antenna above the measured point, metres';
comment on column observation.pdop is 'Position dilution of precision';
comment on column observation.baseline_km is 'Length of the baseline, kilometres';

create table agreed_value (
    agreed_value_id uuid not null,
    like record_version including all,
    boundary_id uuid not null references record (record_id),
    number text not null,
    marker_id uuid references record (record_id),
    marker_element_id uuid references record (record_id),
    boundary_point_id uuid references record (record_id),
    inspection_id uuid references record (record_id),
    observation_a_id uuid references record (record_id),
    observation_b_id uuid references record (record_id),
    method text not null,
    difference_m double precision,
    difference_azimuth_deg double precision,
    sigma_m double precision not null,
    height_m double precision,
    height_datum text,
    agreed_on date,
    representatives jsonb,
    remarks jsonb not null default '{}',
    legal geometry(Point) not null,
    display geometry(Point, 4326) not null,
    constraint agreed_value_number_check check (number <> ''),
    constraint agreed_value_method_check check (method in ('mean', 'side_a', 'side_b', 'adjustment')),
    constraint agreed_value_difference_m_check check (difference_m >= 0),
    constraint agreed_value_difference_azimuth_deg_check check (difference_azimuth_deg between 0 and 360),
    constraint agreed_value_sigma_m_check check (sigma_m between 0 and 10000),
    constraint agreed_value_height_m_check check (height_m between -500 and 9000)
);
call keep_versions('agreed_value', 'agreed_values');
create unique index agreed_value_number_key on agreed_value (boundary_id, number)
    where upper_inf(known) and upper_inf(in_force);
create index agreed_value_boundary_id_idx on agreed_value (boundary_id) where upper_inf(known);
create index agreed_value_marker_id_idx on agreed_value (marker_id) where upper_inf(known);
create index agreed_value_inspection_id_idx on agreed_value (inspection_id) where upper_inf(known);
create index agreed_value_display_idx on agreed_value using gist (display) where upper_inf(known);
comment on table agreed_value is 'The position that both sides agreed, and how';
comment on column agreed_value.difference_m is 'Distance between the observations of both sides, metres';
comment on column agreed_value.difference_azimuth_deg is 'True azimuth from the observation of A to that of B, degrees';
comment on column agreed_value.sigma_m is 'One standard deviation per axis, metres';
comment on column agreed_value.height_m is 'Agreed height above its datum, metres';

alter table inspection
    add column sections text[],
    add column programme jsonb,
    add column commission jsonb;

alter table route
    add column sections text[],
    add column travel text
        constraint route_travel_check check (travel in ('foot', 'vehicle', 'boat', 'air')),
    add column remarks jsonb;

alter table photo add column feature_id bigint generated always as identity (start with 3000000000)
    constraint photo_feature_id_key unique;
create trigger photo_changed after insert or update or delete on photo
    for each statement execute function bump_collection('photos');

alter table check_run add column feature_id bigint generated always as identity (start with 4000000000)
    constraint check_run_feature_id_key unique;
alter table check_run add column serial bigint generated always as identity;
alter table check_run add column number text generated always as
    ('V-' || case when serial < 1000000 then lpad(serial::text, 6, '0') else serial::text end) stored
    constraint check_run_number_key unique;
create trigger check_run_changed after insert on check_run
    for each statement execute function bump_collection('check_runs');
comment on column check_run.number is 'What people call a run by: V-000012, counted from 1';
