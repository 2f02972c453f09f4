-- What is no version of a record is found by its words too: tracks, photographs, check runs, and what checks found open.

create table event_words (
    feature_id bigint not null,
    kind text not null,
    label text not null,
    words text not null,
    boundary_id uuid references record (record_id),
    constraint event_words_pkey primary key (feature_id),
    constraint event_words_kind_check check (kind in ('track', 'photo', 'check_run', 'finding'))
);
create index event_words_words_idx on event_words using gin (words gin_trgm_ops);
create index event_words_label_idx on event_words (label);
create index event_words_boundary_id_idx on event_words (boundary_id);
comment on table event_words is 'Words by which tracks, photographs, check runs and open findings are found';
comment on column event_words.words is 'Names, numbers and texts as search_words gives them';

create view searchable as
    select feature_id, kind, label, words, boundary_id from record
    union all
    select feature_id, kind, label, words, boundary_id from event_words;
comment on view searchable is 'All that search looks through';

create view event_words_now as
    select t.feature_id, 'track' as kind, coalesce(t.name, u.file_name) as label,
           concat_ws(' ', t.name, u.file_name, 'U-' || lpad(u.number::text, 6, '0'), i.label) as said,
           null::uuid as boundary_id
    from track t join upload u on u.upload_id = t.upload_id
    left join record i on i.record_id = u.inspection_id
    union all
    select p.feature_id, 'photo', p.file_name, concat_ws(' ', p.file_name, m.label), m.boundary_id
    from photo p left join record m on m.record_id = p.marker_id
    union all
    select c.feature_id, 'check_run', c.number, concat_ws(' ', c.number, b.label, i.label), c.boundary_id
    from check_run c join record b on b.record_id = c.boundary_id
    left join record i on i.record_id = c.inspection_id
    union all
    select f.feature_id, 'finding', concat_ws(' ', f.check_code, array_to_string(f.subjects, ', ')),
           concat_ws(' ', f.check_code, array_to_string(f.subjects, ' '), f.message_en, f.message_zh), c.boundary_id
    from finding f join check_run c on c.check_run_id = f.check_run_id
    where f.verdict <> 'pass';
comment on view event_words_now is 'What the words of each event are made of';

create function keep_event_words() returns trigger language plpgsql as $$
begin
    -- Findings of an earlier run over the same boundary are history.
    if tg_table_name = 'finding' then
        delete from event_words e
        using (select distinct c.boundary_id from made join check_run c on c.check_run_id = (to_jsonb(made) ->> 'check_run_id')::uuid) b
        where e.kind = 'finding' and e.boundary_id = b.boundary_id;
    end if;
    insert into event_words (feature_id, kind, label, words, boundary_id)
    select w.feature_id, w.kind, w.label, search_words(w.said), w.boundary_id
    from made join event_words_now w on w.feature_id = made.feature_id
    on conflict (feature_id) do update
        set label = excluded.label, words = excluded.words, boundary_id = excluded.boundary_id;
    return null;
end $$;
comment on function keep_event_words() is 'Keeps event_words as the rows that were just written say';

create trigger track_words after insert on track
    referencing new table as made for each statement execute function keep_event_words();
create trigger photo_words after insert on photo
    referencing new table as made for each statement execute function keep_event_words();
create trigger photo_words_again after update on photo
    referencing new table as made for each statement execute function keep_event_words();
create trigger check_run_words after insert on check_run
    referencing new table as made for each statement execute function keep_event_words();
create trigger finding_words after insert on finding
    referencing new table as made for each statement execute function keep_event_words();

insert into event_words (feature_id, kind, label, words, boundary_id)
select w.feature_id, w.kind, w.label, search_words(w.said), w.boundary_id
from event_words_now w
where w.kind <> 'finding' or w.feature_id in (
    select f.feature_id from finding f where f.check_run_id in (
        select distinct on (boundary_id) check_run_id from check_run order by boundary_id, created_at desc));
