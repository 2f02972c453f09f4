-- Parties, instruments, the boundary and its line. The line is law, so it comes before anything that is measured
-- against it. Positions are stored twice: legal, in the frame of the boundary, and display, the same numbers as
-- EPSG:4326 for maps and search. Heights stand in columns of their own, because an unknown height has no honest Z.

create table party (
    party_id uuid not null,
    like record_version including all,
    code text not null,
    names jsonb not null,
    constraint party_code_check check (code ~ '^[A-Z]{2,8}$')
);
call keep_versions('party', 'boundaries');
create unique index party_code_key on party (code) where upper_inf(known) and upper_inf(in_force);
comment on table party is 'A state, or whoever else holds one side of a boundary';

-- The column instrument_id is the key here; "an instrument cites an instrument" is in supersedes_id.
create table instrument (
    like record_version including all,
    key text not null,
    kind text not null,
    number text,
    names jsonb not null,
    signed_on date,
    in_force_on date,
    supersedes_id uuid references record (record_id),
    citation text,
    file_sha256 bytea[],
    constraint instrument_pkey primary key (instrument_id, version),
    constraint instrument_instrument_id_fkey foreign key (instrument_id, feature_id)
        references record (record_id, feature_id),
    constraint instrument_one_in_force_excl exclude using gist (instrument_id with =, in_force with &&, known with &&),
    constraint instrument_kind_check check (kind in ('treaty', 'protocol', 'act', 'permit'))
);
create trigger instrument_kept before update or delete on instrument for each row execute function refuse_change();
create trigger instrument_changed after insert or update on instrument
    for each statement execute function bump_collection('instruments');
comment on table instrument is 'The papers from which lines, markers and rules take their force';

create table boundary (
    boundary_id uuid not null,
    like record_version including all,
    key text not null,
    names jsonb not null,
    invented boolean not null,
    notice jsonb not null,
    crs text not null,
    srid integer not null references spatial_ref_sys (srid),
    epoch_year double precision,
    plate text,
    left_party_id uuid references record (record_id),
    right_party_id uuid references record (record_id),
    constraint boundary_key_check check (key ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
    constraint boundary_epoch_year_check check (epoch_year between 1800 and 2200)
);
call keep_versions('boundary', 'boundaries');
create unique index boundary_key_key on boundary (key) where upper_inf(known) and upper_inf(in_force);
comment on table boundary is 'A boundary between two parties: the root of a register';
comment on column boundary.crs is 'Geographic reference system in which its positions are law, by its instrument';
comment on column boundary.epoch_year is 'Coordinate epoch of the frame, decimal year';
comment on column boundary.plate is 'Plate of the ITRF2014 plate motion model on which it stands';
comment on column boundary.left_party_id is 'Party whose land is left of the line, seen in its direction';

create table boundary_party (
    boundary_id uuid not null references record (record_id),
    party_id uuid not null references record (record_id),
    ordinal integer not null,
    constraint boundary_party_pkey primary key (boundary_id, party_id)
);
comment on table boundary_party is 'The parties of a boundary, in the order of its documents';

create table section (
    section_id uuid not null,
    like record_version including all,
    boundary_id uuid not null references record (record_id),
    key text not null,
    ordinal integer not null,
    names jsonb not null,
    character text not null,
    legal_status text not null,
    technical_status text not null,
    constraint section_character_check check (character in ('land', 'river', 'shared_water')),
    constraint section_legal_status_check check (legal_status in ('agreed', 'not_agreed')),
    constraint section_technical_status_check check (technical_status in ('edge_matched', 'not_edge_matched'))
);
call keep_versions('section', 'sections');
create index section_boundary_id_idx on section (boundary_id, ordinal) where upper_inf(known);
comment on table section is 'A part of a boundary with one regime; its line is that of its segments in order';
comment on column section.legal_status is 'INSPIRE LegalStatusValue';

create table segment (
    segment_id uuid not null,
    like record_version including all,
    boundary_id uuid not null references record (record_id),
    section_id uuid not null references record (record_id),
    ordinal integer not null,
    line_type text not null,
    grid_crs text,
    movability text not null,
    description_en text not null default '',
    description_zh text not null default '',
    length_m double precision not null,
    legal geometry(LineString) not null,
    display geometry(LineString, 4326) not null,
    constraint segment_line_type_check check (line_type in ('geodesic', 'rhumb', 'parallel', 'meridian', 'grid_line',
        'watershed', 'thalweg', 'median', 'shared_water')),
    constraint segment_grid_crs_check check ((line_type = 'grid_line') = (grid_crs is not null)),
    constraint segment_movability_check check (movability in ('fixed', 'movable')),
    constraint segment_length_m_check check (length_m >= 0)
);
call keep_versions('segment', 'segments');
create index segment_section_id_idx on segment (section_id, ordinal) where upper_inf(known);
create index segment_boundary_id_idx on segment (boundary_id) where upper_inf(known);
create index segment_display_idx on segment using gist (display) where upper_inf(known);
comment on table segment is 'A piece of line from one boundary point to another, of one line type';
comment on column segment.length_m is 'Metres on the ellipsoid of the frame, by its line type';
comment on column segment.legal is 'Vertices in the frame of the boundary, exactly as received';
comment on column segment.display is 'The line as drawn: by its line type, with further vertices, numbers read as EPSG:4326';

create table boundary_point (
    boundary_point_id uuid not null,
    like record_version including all,
    boundary_id uuid not null references record (record_id),
    section_id uuid references record (record_id),
    number text not null,
    number_key text collate "C" not null,
    received jsonb not null,
    sigma_m double precision,
    legal geometry(Point) not null,
    display geometry(Point, 4326) not null,
    constraint boundary_point_sigma_m_check check (sigma_m >= 0)
);
call keep_versions('boundary_point', 'boundary_points');
create index boundary_point_boundary_id_idx on boundary_point (boundary_id, number_key) where upper_inf(known);
create index boundary_point_display_idx on boundary_point using gist (display) where upper_inf(known);
comment on table boundary_point is 'A point of the line by the list of its instrument';
comment on column boundary_point.received is 'As received: printed text, reference system, epoch, accuracy, source; nothing rounded';
comment on column boundary_point.sigma_m is 'One standard deviation per axis, metres';

create table island (
    island_id uuid not null,
    like record_version including all,
    boundary_id uuid not null references record (record_id),
    number text not null,
    number_key text collate "C" not null,
    names jsonb not null,
    owner_party_id uuid not null references record (record_id),
    legal geometry(Polygon) not null,
    display geometry(Polygon, 4326) not null
);
call keep_versions('island', 'islands');
create index island_boundary_id_idx on island (boundary_id, number_key) where upper_inf(known);
create index island_display_idx on island using gist (display) where upper_inf(known);
comment on table island is 'An island or sandbar and the party to which it is attributed; never changed by a survey';
