-- Whether a change of records gave any of them another name, asked once over all of them: the first answer that is found
-- was looked for row by row before, which took hours where a large import changes none.
create or replace function note_renamed() returns trigger language plpgsql security definer
    set search_path = public set enable_nestloop = off as $$
begin
    if (select bool_or(was.label <> is_now.label) from was join is_now using (record_id)) then
        insert into collection_version as c (collection, version) values ('labels', 1)
        on conflict on constraint collection_version_pkey
            do update set version = c.version + 1, changed_at = now();
        perform pg_notify('collection_version', 'labels');
    end if;
    return null;
end $$;
