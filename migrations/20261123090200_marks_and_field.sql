-- Markers with their elements, and what inspections bring home. Fixes are stored in chunks of at most 1,024, because
-- a row for each fix costs five times the space and forty times the statements.

create table marker (
    marker_id uuid not null,
    like record_version including all,
    boundary_id uuid not null references record (record_id),
    section_id uuid references record (record_id),
    number text not null,
    number_key text collate "C" not null,
    former_numbers text[] not null default '{}',
    sequence bigint,
    names jsonb not null,
    constellation text not null,
    kind text not null,
    keeper_party_id uuid references record (record_id),
    erected_by_party_id uuid references record (record_id),
    erected_on date,
    map_sheet text,
    condition text not null,
    damage text,
    constraint marker_constellation_check check (constellation in ('single', 'double', 'triple')),
    constraint marker_kind_check check (kind in ('main', 'auxiliary', 'range_mark', 'buoy', 'reference',
        'turning_point', 'monument')),
    constraint marker_condition_check check (condition in ('intact', 'weathered', 'tilted', 'damaged', 'destroyed',
        'missing', 'displaced_suspected', 'displaced_confirmed', 'inaccessible', 'submerged', 'not_inspected'))
);
call keep_versions('marker', 'markers');
create index marker_boundary_id_idx on marker (boundary_id, number_key, marker_id) where upper_inf(known);
comment on table marker is 'A boundary marker: one number, one to three elements';
comment on column marker.number is 'Text exactly as registered';
comment on column marker.number_key is 'Sorts as the numbers do';
comment on column marker.sequence is 'Place in the order along the line, where the register has one';

create table marker_element (
    marker_element_id uuid not null,
    like record_version including all,
    boundary_id uuid not null references record (record_id),
    marker_id uuid not null references record (record_id),
    ordinal smallint not null,
    label text not null,
    party_id uuid references record (record_id),
    relation text not null,
    tie_azimuth_deg double precision,
    tie_distance_m double precision,
    side text,
    material text,
    shape text,
    height_above_ground_m double precision,
    inscriptions jsonb not null default '[]',
    received jsonb not null,
    sigma_m double precision not null,
    sigma_source text not null,
    height_m double precision,
    height_datum text,
    legal geometry(Point) not null,
    display geometry(Point, 4326) not null,
    constraint marker_element_ordinal_check check (ordinal between 0 and 3),
    constraint marker_element_relation_check check (relation in ('on_line', 'tied', 'beside', 'not_stated')),
    constraint marker_element_tie_check check ((relation = 'tied') = (tie_azimuth_deg is not null and tie_distance_m is not null)),
    constraint marker_element_side_check check (side in ('left', 'right')),
    constraint marker_element_sigma_m_check check (sigma_m >= 0),
    constraint marker_element_sigma_source_check check (sigma_source in ('stated', 'printed_digits'))
);
call keep_versions('marker_element', 'markers');
create index marker_element_marker_id_idx on marker_element (marker_id, ordinal) where upper_inf(known);
create index marker_element_boundary_id_idx on marker_element (boundary_id) where upper_inf(known);
create index marker_element_display_idx on marker_element using gist (display) where upper_inf(known);
comment on table marker_element is 'A post, pillar or plate of a marker, with its own position';
comment on column marker_element.ordinal is '0 for the only element of a single marker, else 1, 2, 3';
comment on column marker_element.tie_azimuth_deg is 'Registered true azimuth to its point on the line, degrees';
comment on column marker_element.tie_distance_m is 'Registered horizontal distance to its point on the line, metres';
comment on column marker_element.sigma_m is 'One standard deviation per axis, metres';

create table inspection (
    inspection_id uuid not null,
    like record_version including all,
    boundary_id uuid not null references record (record_id),
    number text not null,
    names jsonb not null,
    kind text not null,
    state text not null,
    starts_on date,
    ends_on date,
    teams jsonb not null default '[]',
    remarks_en text not null default '',
    remarks_zh text not null default '',
    constraint inspection_kind_check check (kind in ('control', 'joint')),
    constraint inspection_state_check check (state in ('planned', 'notified', 'agreed_programme', 'fielded',
        'observed_by_a', 'observed_by_b', 'reconciled', 'draft_documents', 'initialled', 'signed',
        'approved_by_governments', 'in_force', 'observed', 'reported', 'closed')),
    constraint inspection_dates_check check (ends_on >= starts_on)
);
call keep_versions('inspection', 'inspections');
create index inspection_boundary_id_idx on inspection (boundary_id) where upper_inf(known);
comment on table inspection is 'An inspection of a boundary, joint or by one side';

create table route (
    route_id uuid not null,
    like record_version including all,
    boundary_id uuid not null references record (record_id),
    inspection_id uuid references record (record_id),
    number text not null,
    number_key text collate "C" not null,
    names jsonb not null,
    legal geometry(LineString) not null,
    display geometry(LineString, 4326) not null
);
call keep_versions('route', 'routes');
create index route_boundary_id_idx on route (boundary_id, number_key) where upper_inf(known);
create index route_display_idx on route using gist (display) where upper_inf(known);
comment on table route is 'A planned inspection route';

create table upload (
    upload_id uuid not null,
    number bigint generated always as identity,
    sha256 bytea not null,
    file_name text not null,
    bytes bigint not null,
    received_at timestamptz not null,
    uploader text not null,
    class text not null default 'restricted',
    inspection_id uuid references record (record_id),
    job_id uuid references job (job_id),
    state text not null,
    format text,
    summary jsonb not null default '{}',
    warnings jsonb not null default '[]',
    warnings_total bigint not null default 0,
    problem jsonb,
    results jsonb not null default '[]',
    constraint upload_pkey primary key (upload_id),
    constraint upload_number_key unique (number),
    constraint upload_sha256_key unique (sha256),
    constraint upload_sha256_check check (length(sha256) = 32),
    constraint upload_bytes_check check (bytes >= 0),
    constraint upload_state_check check (state in ('reading', 'checking', 'done', 'refused', 'failed')),
    constraint upload_class_check check (class in ('public', 'bilateral', 'internal', 'restricted'))
);
create index upload_inspection_id_idx on upload (inspection_id);
create index upload_received_at_idx on upload (received_at desc, upload_id);
comment on table upload is 'A file as handed in; its bytes are kept under their SHA-256 before it is read';
comment on column upload.results is 'What the checks said, one member for each boundary near its tracks';

create table track (
    track_id uuid not null,
    feature_id bigint generated always as identity (start with 1000000000),
    upload_id uuid not null references upload (upload_id),
    ordinal integer not null,
    name text,
    n_fixes bigint not null,
    n_segments integer not null,
    first_time timestamptz,
    last_time timestamptz,
    length_m double precision not null,
    overview geometry(MultiLineString, 4326),
    constraint track_pkey primary key (track_id),
    constraint track_feature_id_key unique (feature_id),
    constraint track_upload_id_ordinal_key unique (upload_id, ordinal)
);
create index track_overview_idx on track using gist (overview);
create trigger track_changed after insert or update or delete on track
    for each statement execute function bump_collection('tracks');
comment on table track is 'A walked track, in WGS 84 as the receiver wrote it';
comment on column track.length_m is 'Metres, geodesic on WGS 84 inside segments';
comment on column track.overview is 'Thinned to steps of some twenty metres, for small map scales';

create table track_chunk (
    track_id uuid not null references track (track_id) deferrable initially deferred,
    ordinal integer not null,
    segment integer not null,
    joined boolean not null,
    n_fixes integer not null,
    first_time timestamptz,
    last_time timestamptz,
    fix_kind smallint[],
    satellites smallint[],
    hdop real[],
    vdop real[],
    pdop real[],
    accuracy_m real[],
    path geometry(LineStringZM, 4326) not null,
    constraint track_chunk_pkey primary key (track_id, ordinal),
    constraint track_chunk_n_fixes_check check (n_fixes between 1 and 1024)
);
create index track_chunk_path_idx on track_chunk using gist (path);
comment on table track_chunk is 'Up to 1,024 consecutive fixes of one segment';
comment on column track_chunk.joined is 'The first point repeats the last fix of the chunk before, so that drawn chunks meet';
comment on column track_chunk.path is 'Longitude, latitude, elevation in metres (NaN: not given), M = seconds since 1970 (NaN: not given); a lone fix stands twice';
comment on column track_chunk.fix_kind is 'Kind of solution of each fix; a null array means that no fix has one';
comment on column track_chunk.accuracy_m is 'Horizontal accuracy as stated by the receiver, metres';

create table waypoint (
    waypoint_id uuid not null,
    upload_id uuid not null references upload (upload_id),
    ordinal integer not null,
    name text,
    comment text,
    symbol text,
    taken_at timestamptz,
    elevation_m double precision,
    position geometry(Point, 4326) not null,
    constraint waypoint_pkey primary key (waypoint_id),
    constraint waypoint_upload_id_ordinal_key unique (upload_id, ordinal)
);
create index waypoint_position_idx on waypoint using gist (position);
comment on table waypoint is 'A point that a team marked, in WGS 84';

create table photo (
    photo_id uuid not null,
    upload_id uuid references upload (upload_id),
    sha256 bytea not null,
    file_name text not null,
    taken_at timestamptz,
    bearing_deg double precision,
    position geometry(Point, 4326),
    marker_id uuid references record (record_id),
    class text not null default 'restricted',
    constraint photo_pkey primary key (photo_id),
    constraint photo_sha256_key unique (sha256),
    constraint photo_class_check check (class in ('public', 'bilateral', 'internal', 'restricted'))
);
create index photo_marker_id_idx on photo (marker_id);
create index photo_position_idx on photo using gist (position);
comment on table photo is 'A photograph, tied to the marker it shows';
