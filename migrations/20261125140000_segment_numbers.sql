-- Whoever writes a segment without a number, as older releases do, has it called by its section and its place there.

create function number_segment() returns trigger language plpgsql as $$
begin
    if new.number is null then
        new.number := coalesce(
            (select s.key from section s where s.section_id = new.section_id
             order by upper_inf(s.known) desc, s.version desc limit 1),
            new.feature_id::text) || '/' || new.ordinal;
    end if;
    return new;
end $$;
create trigger segment_numbered before insert on segment for each row execute function number_segment();
comment on column segment.number is 'What people call it by; S1/3 where nothing else was given';
