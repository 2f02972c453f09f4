-- Chinese, Japanese and Korean characters stand alone in what is searched, so that each is a word of its own: the index of
-- three-letter pieces then finds names of two characters, and names with one wrong.

create function search_words(said text) returns text language sql stable parallel safe as $$
    select btrim(regexp_replace(
        regexp_replace(lower(unaccent(said)), '([\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff])', ' \1 ', 'g'),
        '\s+', ' ', 'g'))
$$;
comment on function search_words(text) is 'A text as it is searched: small letters, no accents, ideographs apart';
comment on column record.words is 'Names, numbers and texts of its newest version as search_words gives them';

update record set words = search_words(words) where words is not null;
