-- What checks said, and the first of works and affairs. A run keeps the versions of its inputs, its tolerances and the
-- software, so that it can be repeated to the same answer.

create table check_run (
    check_run_id uuid not null,
    boundary_id uuid not null references record (record_id),
    inspection_id uuid references record (record_id),
    upload_id uuid references upload (upload_id),
    created_at timestamptz not null,
    software text not null,
    frame text not null,
    way text,
    tolerances jsonb not null,
    inputs jsonb not null,
    summary jsonb not null,
    coverage jsonb,
    constraint check_run_pkey primary key (check_run_id)
);
create index check_run_boundary_id_idx on check_run (boundary_id, created_at desc);
create index check_run_inspection_id_idx on check_run (inspection_id, created_at desc);
create trigger check_run_kept before update or delete on check_run for each row execute function refuse_all_change();
comment on table check_run is 'One run of the checks over one boundary';
comment on column check_run.way is 'The operation from WGS 84 to the frame by which tracks were compared';

create table finding (
    finding_id uuid not null,
    feature_id bigint generated always as identity (start with 2000000000),
    check_run_id uuid not null references check_run (check_run_id),
    ordinal integer not null,
    check_code text not null,
    verdict text not null,
    subjects text[] not null,
    measured double precision,
    unit text not null,
    uncertainty_95 double precision,
    tolerance double precision,
    tolerance_source text not null,
    message_en text not null,
    message_zh text not null,
    details jsonb not null default '{}',
    state text not null default 'open',
    display geometry(Geometry, 4326),
    constraint finding_pkey primary key (finding_id),
    constraint finding_feature_id_key unique (feature_id),
    constraint finding_check_run_id_ordinal_key unique (check_run_id, ordinal),
    constraint finding_check_code_check check (check_code ~ '^C[0-9]{2}$'),
    constraint finding_verdict_check check (verdict in ('pass', 'inconclusive', 'fail')),
    constraint finding_state_check check (state in ('open', 'assigned', 'fixed', 'verified', 'accepted'))
);
create index finding_display_idx on finding using gist (display);
create trigger finding_changed after insert or update on finding
    for each statement execute function bump_collection('findings');
comment on table finding is 'One answer of one check about its subjects';
comment on column finding.uncertainty_95 is 'Expanded uncertainty (95 %) of the measured value, in its unit';
comment on column finding.display is 'True geometry of the finding, numbers of the frame read as EPSG:4326';

create table visit (
    check_run_id uuid not null references check_run (check_run_id),
    marker_element_id uuid not null references record (record_id),
    outcome text not null,
    nearest_m double precision,
    uncertainty_95_m double precision not null,
    dwell_s double precision,
    chainage_m double precision not null,
    constraint visit_pkey primary key (check_run_id, marker_element_id),
    constraint visit_outcome_check check (outcome in ('visited', 'passed', 'missed', 'left'))
);
create trigger visit_changed after insert or update on visit
    for each statement execute function bump_collection('markers');
comment on table visit is 'How near the tracks of a run came to each marker element and how long they stayed';

create table project (
    project_id uuid not null,
    like record_version including all,
    boundary_id uuid not null references record (record_id),
    number text not null,
    number_key text collate "C" not null,
    names jsonb not null,
    kind text not null,
    state text not null,
    party_id uuid references record (record_id),
    legal geometry(Geometry) not null,
    display geometry(Geometry, 4326) not null,
    constraint project_state_check check (state in ('draft', 'submitted', 'completeness_check', 'geometry_checked',
        'agency_consultation', 'neighbour_notification', 'neighbour_consultation', 'joint_agreement', 'authorised',
        'refused', 'returned', 'contracted', 'work_programme_submitted', 'programme_approved', 'notice_given',
        'site_handover', 'in_progress', 'suspended', 'completion_reported', 'joint_acceptance', 'accepted', 'audited',
        'closed'))
);
call keep_versions('project', 'projects');
create index project_boundary_id_idx on project (boundary_id, number_key) where upper_inf(known);
create index project_display_idx on project using gist (display) where upper_inf(known);
comment on table project is 'A border project with its footprint';

create table port (
    port_id uuid not null,
    like record_version including all,
    boundary_id uuid not null references record (record_id),
    number text not null,
    number_key text collate "C" not null,
    names jsonb not null,
    party_id uuid not null references record (record_id),
    port_class text not null,
    status text not null,
    status_reason text,
    traffic text,
    counterpart jsonb not null default '{}',
    received jsonb not null,
    sigma_m double precision not null,
    legal geometry(Point) not null,
    display geometry(Point, 4326) not null,
    constraint port_port_class_check check (port_class in ('international', 'bilateral', 'border_resident_passage',
        'official_passage', 'temporary')),
    constraint port_status_check check (status in ('planned', 'applied', 'approved', 'building', 'accepted', 'open',
        'restricted', 'temporarily_open', 'suspended', 'closed', 'retired')),
    constraint port_sigma_m_check check (sigma_m >= 0)
);
call keep_versions('port', 'ports');
create index port_boundary_id_idx on port (boundary_id, number_key) where upper_inf(known);
create index port_display_idx on port using gist (display) where upper_inf(known);
comment on table port is 'A port of entry';

create table feature_link (
    feature_link_id uuid not null,
    like record_version including all,
    from_id uuid not null references record (record_id),
    to_id uuid not null references record (record_id),
    relation text not null,
    made_by text not null,
    note text,
    constraint feature_link_relation_check check (relation ~ '^[a-z_]+$'),
    constraint feature_link_made_by_check check (made_by in ('person', 'rule')),
    constraint feature_link_ends_check check (from_id <> to_id)
);
call keep_versions('feature_link', 'feature_links');
create index feature_link_from_id_idx on feature_link (from_id) where upper_inf(known);
create index feature_link_to_id_idx on feature_link (to_id) where upper_inf(known);
comment on table feature_link is 'Ties a project, affair, finding or document to a map feature';
