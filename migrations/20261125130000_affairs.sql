-- Affairs of ports, incidents, meetings, acts of handing over and those who speak for a side; the opening calendars of
-- ports. The facts of both sides stand in columns beside each other, because neither is written over the other.

alter table port
    add column kind text
        constraint port_kind_check check (kind in ('road', 'rail', 'ferry', 'river', 'air')),
    add column closure_reason text
        constraint port_closure_reason_check check (closure_reason in ('war', 'major_incident',
            'disaster_or_health', 'other')),
    add column section_id uuid references record (record_id),
    add column counterpart_port_id uuid references record (record_id),
    add column opening_zh text,
    add column opening_en text,
    add column calendar jsonb,
    add column exceptions jsonb,
    add column counterpart_calendar jsonb,
    add column counterpart_exceptions jsonb,
    add column calendar_source text,
    add column time_zone text,
    add column vehicles_per_day integer
        constraint port_vehicles_per_day_check check (vehicles_per_day >= 0),
    add column persons_per_day integer
        constraint port_persons_per_day_check check (persons_per_day >= 0),
    add column lanes integer
        constraint port_lanes_check check (lanes between 0 and 10000),
    add column agencies text[],
    add column approved_on date,
    add column opened_on date,
    add column position_quality text
        constraint port_position_quality_check check (position_quality in ('surveyed', 'stated', 'indicative_town'));

create table port_affair (
    port_affair_id uuid not null,
    like record_version including all,
    boundary_id uuid not null references record (record_id),
    number text not null,
    names jsonb not null default '{}',
    kind text not null,
    state text not null default 'proposed',
    port_id uuid references record (record_id),
    project_id uuid references record (record_id),
    incident_id uuid references record (record_id),
    starts_at timestamptz,
    ends_at timestamptz,
    closure_reason text,
    cause jsonb not null default '{}',
    traffic text,
    approved_by jsonb not null default '{}',
    approval_number text,
    approved_on date,
    notified_on date,
    calendar jsonb,
    exceptions jsonb,
    statistics jsonb,
    description jsonb not null default '{}',
    documents jsonb,
    legal geometry(Point),
    display geometry(Point, 4326),
    constraint port_affair_number_check check (number <> ''),
    constraint port_affair_kind_check check (kind in ('opening', 'closing', 'suspension', 'restriction',
        'hours_change', 'temporary_opening', 'holiday', 'capacity_change', 'facility_works', 'statistics', 'other')),
    constraint port_affair_state_check check (state in ('proposed', 'consulting', 'agreed', 'notified', 'in_effect',
        'ended', 'withdrawn')),
    constraint port_affair_closure_reason_check check (closure_reason in ('war', 'major_incident',
        'disaster_or_health', 'other')),
    constraint port_affair_geometry_check check ((legal is null) = (display is null)),
    constraint port_affair_times_check check (ends_at >= starts_at)
);
call keep_versions('port_affair', 'affairs');
create unique index port_affair_number_key on port_affair (boundary_id, number)
    where upper_inf(known) and upper_inf(in_force);
create index port_affair_boundary_id_idx on port_affair (boundary_id) where upper_inf(known);
create index port_affair_port_id_idx on port_affair (port_id) where upper_inf(known);
create index port_affair_display_idx on port_affair using gist (display) where upper_inf(known);
comment on table port_affair is 'An affair of a port: opening, closing, hours, works, temporary opening';

create table incident (
    incident_id uuid not null,
    like record_version including all,
    boundary_id uuid not null references record (record_id),
    number text not null,
    names jsonb not null default '{}',
    kind text not null,
    severity text not null default 'minor',
    state text not null default 'reported',
    detected_at timestamptz,
    reported_at timestamptz,
    reported_by text,
    sigma_m double precision,
    section_id uuid references record (record_id),
    marker_id uuid references record (record_id),
    port_id uuid references record (record_id),
    project_id uuid references record (record_id),
    inspection_id uuid references record (record_id),
    facts jsonb not null default '{}',
    facts_theirs jsonb not null default '{}',
    measures jsonb not null default '{}',
    escalation jsonb,
    reply_due date,
    investigation jsonb,
    outcome jsonb not null default '{}',
    lessons jsonb not null default '{}',
    closed_on date,
    keep_until date,
    documents jsonb,
    legal geometry(Point),
    display geometry(Point, 4326),
    constraint incident_number_check check (number <> ''),
    constraint incident_kind_check check (kind in ('marker_damaged', 'marker_moved', 'marker_lost', 'line_obscured',
        'unauthorised_building', 'river_course_altered', 'bank_works_unagreed', 'illegal_crossing_person',
        'illegal_crossing_armed_forces', 'livestock_stray', 'vessel_drift_or_crossing',
        'vehicle_cross_border_accident', 'aircraft_or_drone', 'shot_or_explosion', 'fire_spread', 'flood_or_ice',
        'pollution', 'epidemic_or_plant_disease', 'drifting_or_airborne_object', 'corpse_found', 'property_found',
        'fishing_or_logging_dispute', 'harassment_by_sound_light', 'port_closure', 'port_dispute',
        'detention_of_citizen', 'smuggling_referral', 'rescue_and_relief', 'other')),
    constraint incident_severity_check check (severity in ('minor', 'moderate', 'serious', 'grave')),
    constraint incident_state_check check (state in ('reported', 'escalated', 'notified', 'investigating',
        'settled', 'closed')),
    constraint incident_sigma_m_check check (sigma_m >= 0),
    constraint incident_geometry_check check ((legal is null) = (display is null))
);
call keep_versions('incident', 'incidents');
create unique index incident_number_key on incident (boundary_id, number)
    where upper_inf(known) and upper_inf(in_force);
create index incident_boundary_id_idx on incident (boundary_id) where upper_inf(known);
create index incident_section_id_idx on incident (section_id) where upper_inf(known);
create index incident_display_idx on incident using gist (display) where upper_inf(known);
comment on table incident is 'An incident at the line or a port';
comment on column incident.sigma_m is 'One standard deviation per axis of its position, metres';

create table meeting (
    meeting_id uuid not null,
    like record_version including all,
    boundary_id uuid not null references record (record_id),
    number text not null,
    names jsonb not null default '{}',
    kind text not null,
    level text,
    starts_at timestamptz,
    ends_at timestamptz,
    place jsonb not null default '{}',
    host_party_id uuid references record (record_id),
    delegations jsonb,
    agenda jsonb,
    languages text[],
    minutes jsonb not null default '{}',
    signatures jsonb,
    signed_on date,
    incident_id uuid references record (record_id),
    port_affair_id uuid references record (record_id),
    project_id uuid references record (record_id),
    inspection_id uuid references record (record_id),
    port_id uuid references record (record_id),
    documents jsonb,
    constraint meeting_number_check check (number <> ''),
    constraint meeting_kind_check check (kind in ('representatives', 'general_representatives', 'joint_commission',
        'expert_group', 'port_authorities', 'investigation', 'other')),
    constraint meeting_times_check check (ends_at >= starts_at)
);
call keep_versions('meeting', 'meetings');
create unique index meeting_number_key on meeting (boundary_id, number) where upper_inf(known) and upper_inf(in_force);
create index meeting_boundary_id_idx on meeting (boundary_id) where upper_inf(known);
create index meeting_incident_id_idx on meeting (incident_id) where upper_inf(known);
comment on table meeting is 'A meeting of both sides';

create table handover_act (
    handover_act_id uuid not null,
    like record_version including all,
    boundary_id uuid not null references record (record_id),
    number text not null,
    kind text not null,
    sender_party_id uuid not null references record (record_id),
    recipient_party_id uuid not null references record (record_id),
    handed_over_at timestamptz not null,
    place jsonb not null default '{}',
    port_id uuid references record (record_id),
    marker_id uuid references record (record_id),
    incident_id uuid references record (record_id),
    items jsonb,
    signatures jsonb,
    form text,
    languages text[],
    remarks jsonb not null default '{}',
    documents jsonb,
    legal geometry(Point),
    display geometry(Point, 4326),
    constraint handover_act_number_check check (number <> ''),
    constraint handover_act_kind_check check (kind in ('person', 'animals', 'corpse', 'property',
        'vehicle_or_vessel', 'documents')),
    constraint handover_act_geometry_check check ((legal is null) = (display is null))
);
call keep_versions('handover_act', 'handover_acts');
create unique index handover_act_number_key on handover_act (boundary_id, number)
    where upper_inf(known) and upper_inf(in_force);
create index handover_act_boundary_id_idx on handover_act (boundary_id) where upper_inf(known);
create index handover_act_incident_id_idx on handover_act (incident_id) where upper_inf(known);
create index handover_act_display_idx on handover_act using gist (display) where upper_inf(known);
comment on table handover_act is 'An act of handing over';

create table representative (
    representative_id uuid not null,
    like record_version including all,
    boundary_id uuid not null references record (record_id),
    number text not null,
    names jsonb not null default '{}',
    party_id uuid not null references record (record_id),
    role text not null,
    office jsonb not null default '{}',
    sections text[],
    credential text,
    issued_on date,
    starts_on date,
    ends_on date,
    contact text,
    constraint representative_number_check check (number <> ''),
    constraint representative_role_check check (role in ('representative', 'deputy', 'assistant', 'secretary',
        'interpreter', 'liaison_officer')),
    constraint representative_dates_check check (ends_on >= starts_on)
);
call keep_versions('representative', 'representatives');
create unique index representative_number_key on representative (boundary_id, number)
    where upper_inf(known) and upper_inf(in_force);
create index representative_boundary_id_idx on representative (boundary_id) where upper_inf(known);
create index representative_party_id_idx on representative (party_id) where upper_inf(known);
comment on table representative is 'Who may speak for a side at the boundary, and until when';
