-- Works beside the line from the first opinion to the last audit, and the notices by which the other side is told. Each
-- step is a record of its own, because each has its own paper, its own date and its own author.

alter table project
    add column section_id uuid references record (record_id),
    add column applicant jsonb,
    add column description jsonb,
    add column purpose jsonb,
    add column planned_from date,
    add column planned_to date,
    add column permanent boolean,
    add column crosses boolean,
    add column documents jsonb;

create table consultation (
    consultation_id uuid not null,
    like record_version including all,
    boundary_id uuid not null references record (record_id),
    number text not null,
    project_id uuid not null references record (record_id),
    kind text not null,
    authority jsonb not null default '{}',
    party_id uuid references record (record_id),
    asked_on date,
    reply_due date,
    replied_on date,
    result text not null default 'pending',
    opinion jsonb not null default '{}',
    conditions jsonb not null default '{}',
    reference_out text,
    reference_in text,
    documents jsonb,
    constraint consultation_number_check check (number <> ''),
    constraint consultation_kind_check check (kind in ('agency_opinion', 'neighbour_notification',
        'neighbour_consultation', 'joint_agreement')),
    constraint consultation_result_check check (result in ('pending', 'agreed', 'agreed_with_conditions',
        'objected', 'no_reply'))
);
call keep_versions('consultation', 'consultations');
create unique index consultation_number_key on consultation (boundary_id, number)
    where upper_inf(known) and upper_inf(in_force);
create index consultation_boundary_id_idx on consultation (boundary_id) where upper_inf(known);
create index consultation_project_id_idx on consultation (project_id) where upper_inf(known);
comment on table consultation is 'An agency''s opinion or a consultation with the neighbour about a project';

create table authorisation (
    authorisation_id uuid not null,
    like record_version including all,
    boundary_id uuid not null references record (record_id),
    number text not null,
    project_id uuid not null references record (record_id),
    decision text not null,
    authority jsonb not null default '{}',
    decided_on date not null,
    starts_on date,
    ends_on date,
    scope jsonb not null default '{}',
    conditions jsonb not null default '{}',
    supersedes_id uuid references record (record_id),
    citation text,
    documents jsonb,
    legal geometry(Geometry),
    display geometry(Geometry, 4326),
    constraint authorisation_number_check check (number <> ''),
    constraint authorisation_decision_check check (decision in ('authorised', 'refused', 'returned')),
    constraint authorisation_geometry_check check ((legal is null) = (display is null)),
    constraint authorisation_dates_check check (ends_on >= starts_on)
);
call keep_versions('authorisation', 'authorisations');
create unique index authorisation_number_key on authorisation (boundary_id, number)
    where upper_inf(known) and upper_inf(in_force);
create index authorisation_boundary_id_idx on authorisation (boundary_id) where upper_inf(known);
create index authorisation_project_id_idx on authorisation (project_id) where upper_inf(known);
create index authorisation_display_idx on authorisation using gist (display) where upper_inf(known);
comment on table authorisation is 'A decision on a project';

create table contract (
    contract_id uuid not null,
    like record_version including all,
    boundary_id uuid not null references record (record_id),
    number text not null,
    project_id uuid not null references record (record_id),
    names jsonb not null default '{}',
    state text not null default 'draft',
    contractor jsonb not null default '{}',
    supervisor jsonb not null default '{}',
    amount double precision,
    currency text,
    signed_on date,
    starts_on date,
    ends_on date,
    defects_until date,
    scope jsonb not null default '{}',
    documents jsonb,
    constraint contract_number_check check (number <> ''),
    constraint contract_state_check check (state in ('draft', 'signed', 'completed', 'terminated')),
    constraint contract_amount_check check (amount >= 0),
    constraint contract_dates_check check (ends_on >= starts_on)
);
call keep_versions('contract', 'contracts');
create unique index contract_number_key on contract (boundary_id, number)
    where upper_inf(known) and upper_inf(in_force);
create index contract_boundary_id_idx on contract (boundary_id) where upper_inf(known);
create index contract_project_id_idx on contract (project_id) where upper_inf(known);
comment on table contract is 'A contract for the works of a project';
comment on column contract.amount is 'Amount in the currency beside it';

create table work_programme (
    work_programme_id uuid not null,
    like record_version including all,
    boundary_id uuid not null references record (record_id),
    number text not null,
    project_id uuid not null references record (record_id),
    revision integer not null default 1,
    state text not null default 'draft',
    authorisation_id uuid references record (record_id),
    contract_id uuid references record (record_id),
    submitted_on date,
    approved_on date,
    approved_by jsonb not null default '{}',
    starts_on date,
    ends_on date,
    method jsonb not null default '{}',
    volume_m3 double precision,
    crews jsonb,
    equipment jsonb,
    crossings jsonb,
    restoration jsonb not null default '{}',
    documents jsonb,
    legal geometry(Geometry),
    display geometry(Geometry, 4326),
    constraint work_programme_number_check check (number <> ''),
    constraint work_programme_revision_check check (revision between 1 and 100000),
    constraint work_programme_state_check check (state in ('draft', 'submitted', 'approved', 'returned',
        'superseded')),
    constraint work_programme_volume_m3_check check (volume_m3 >= 0),
    constraint work_programme_geometry_check check ((legal is null) = (display is null)),
    constraint work_programme_dates_check check (ends_on >= starts_on)
);
call keep_versions('work_programme', 'work_programmes');
create unique index work_programme_number_key on work_programme (boundary_id, number)
    where upper_inf(known) and upper_inf(in_force);
create index work_programme_boundary_id_idx on work_programme (boundary_id) where upper_inf(known);
create index work_programme_project_id_idx on work_programme (project_id) where upper_inf(known);
create index work_programme_display_idx on work_programme using gist (display) where upper_inf(known);
comment on table work_programme is 'A work programme of a project; a revision is a version or a record of its own';
comment on column work_programme.volume_m3 is 'Volume to be moved, cubic metres';

create table notice (
    notice_id uuid not null,
    like record_version including all,
    boundary_id uuid not null references record (record_id),
    number text not null,
    kind text not null,
    direction text not null default 'sent',
    channel text not null default 'representative_letter',
    sender_party_id uuid references record (record_id),
    recipient_party_id uuid references record (record_id),
    given_on date not null,
    project_id uuid references record (record_id),
    marker_event_id uuid references record (record_id),
    inspection_id uuid references record (record_id),
    incident_id uuid references record (record_id),
    port_affair_id uuid references record (record_id),
    starts_on date,
    ends_on date,
    notice_days integer,
    texts jsonb not null default '{}',
    reply_due date,
    replied_on date,
    reply_number text,
    reply jsonb not null default '{}',
    documents jsonb,
    constraint notice_number_check check (number <> ''),
    constraint notice_kind_check check (kind in ('works', 'marker', 'vista_clearing', 'inspection', 'flight',
        'blasting', 'flood', 'incident', 'port', 'other')),
    constraint notice_direction_check check (direction in ('sent', 'received')),
    constraint notice_channel_check check (channel in ('representative_letter', 'note_verbale', 'hotline', 'meeting')),
    constraint notice_notice_days_check check (notice_days between 0 and 1000),
    constraint notice_dates_check check (ends_on >= starts_on)
);
call keep_versions('notice', 'notices');
create unique index notice_number_key on notice (boundary_id, number) where upper_inf(known) and upper_inf(in_force);
create index notice_boundary_id_idx on notice (boundary_id) where upper_inf(known);
create index notice_project_id_idx on notice (project_id) where upper_inf(known);
create index notice_marker_event_id_idx on notice (marker_event_id) where upper_inf(known);
create index notice_incident_id_idx on notice (incident_id) where upper_inf(known);
create index notice_port_affair_id_idx on notice (port_affair_id) where upper_inf(known);
comment on table notice is 'A notice to or from the other side';

create table site_visit (
    site_visit_id uuid not null,
    like record_version including all,
    boundary_id uuid not null references record (record_id),
    number text not null,
    project_id uuid not null references record (record_id),
    kind text not null default 'supervision',
    visited_on date not null,
    party_id uuid references record (record_id),
    participants jsonb,
    findings jsonb not null default '{}',
    measures jsonb not null default '{}',
    measures_due date,
    measures_done_on date,
    tracks text[],
    documents jsonb,
    legal geometry(Geometry),
    display geometry(Geometry, 4326),
    constraint site_visit_number_check check (number <> ''),
    constraint site_visit_kind_check check (kind in ('handover', 'supervision', 'joint', 'marker_check', 'final')),
    constraint site_visit_geometry_check check ((legal is null) = (display is null))
);
call keep_versions('site_visit', 'site_visits');
create unique index site_visit_number_key on site_visit (boundary_id, number)
    where upper_inf(known) and upper_inf(in_force);
create index site_visit_boundary_id_idx on site_visit (boundary_id) where upper_inf(known);
create index site_visit_project_id_idx on site_visit (project_id) where upper_inf(known);
create index site_visit_display_idx on site_visit using gist (display) where upper_inf(known);
comment on table site_visit is 'A dated visit to the site of a project';

create table acceptance (
    acceptance_id uuid not null,
    like record_version including all,
    boundary_id uuid not null references record (record_id),
    number text not null,
    project_id uuid not null references record (record_id),
    kind text not null default 'unilateral',
    result text not null,
    accepted_on date not null,
    place jsonb not null default '{}',
    participants jsonb,
    defects jsonb,
    defects_until date,
    site_restored boolean,
    markers_checked boolean,
    act_number text,
    documents jsonb,
    legal geometry(Geometry),
    display geometry(Geometry, 4326),
    constraint acceptance_number_check check (number <> ''),
    constraint acceptance_kind_check check (kind in ('unilateral', 'joint')),
    constraint acceptance_result_check check (result in ('accepted', 'accepted_with_defects', 'refused')),
    constraint acceptance_geometry_check check ((legal is null) = (display is null))
);
call keep_versions('acceptance', 'acceptances');
create unique index acceptance_number_key on acceptance (boundary_id, number)
    where upper_inf(known) and upper_inf(in_force);
create index acceptance_boundary_id_idx on acceptance (boundary_id) where upper_inf(known);
create index acceptance_project_id_idx on acceptance (project_id) where upper_inf(known);
create index acceptance_display_idx on acceptance using gist (display) where upper_inf(known);
comment on table acceptance is 'The acceptance of works';

create table audit (
    audit_id uuid not null,
    like record_version including all,
    boundary_id uuid not null references record (record_id),
    number text not null,
    project_id uuid not null references record (record_id),
    stage text not null,
    audited_on date not null,
    auditor jsonb not null default '{}',
    result text not null,
    work_programme_id uuid references record (record_id),
    acceptance_id uuid references record (record_id),
    outside_m2 double precision,
    deviation_m double precision,
    volume_overrun_percent double precision,
    period_overrun_days integer,
    findings jsonb not null default '{}',
    recommendations jsonb not null default '{}',
    due_on date,
    settled_on date,
    documents jsonb,
    constraint audit_number_check check (number <> ''),
    constraint audit_stage_check check (stage in ('before', 'during', 'after')),
    constraint audit_result_check check (result in ('conforming', 'conforming_with_remarks', 'not_conforming')),
    constraint audit_outside_m2_check check (outside_m2 >= 0),
    constraint audit_deviation_m_check check (deviation_m >= 0),
    constraint audit_volume_overrun_percent_check check (volume_overrun_percent between -100 and 1000000),
    constraint audit_period_overrun_days_check check (period_overrun_days between -100000 and 100000)
);
call keep_versions('audit', 'audits');
create unique index audit_number_key on audit (boundary_id, number) where upper_inf(known) and upper_inf(in_force);
create index audit_boundary_id_idx on audit (boundary_id) where upper_inf(known);
create index audit_project_id_idx on audit (project_id) where upper_inf(known);
comment on table audit is 'An audit of the works of a project';
comment on column audit.outside_m2 is 'Area as built outside the authorised footprint, square metres';
comment on column audit.deviation_m is 'Greatest distance of the works as built from the authorised footprint, metres';
comment on column audit.volume_overrun_percent is 'Overrun of volume, percent';
