-- What was done under a key that its sender chose (Idempotency-Key), so that a request that is sent again is answered
-- again and not done again. The row is written in the transaction of the change itself; the answer follows it.

create table answer (
    account_id uuid not null references account,
    key_sha256 bytea not null,
    request_sha256 bytea not null,
    done_at timestamptz not null,
    outcome text not null,
    status smallint,
    headers text,
    body bytea,
    constraint answer_pkey primary key (account_id, key_sha256),
    constraint answer_key_check check (length(key_sha256) = 32 and length(request_sha256) = 32),
    constraint answer_whole_check check (num_nonnulls(status, headers, body) in (0, 3))
);
create index answer_done_at_idx on answer (done_at);
comment on table answer is 'Changes that were made under a key of their sender, and how they were answered; kept for 48 hours';
comment on column answer.account_id is 'Whose key it is: the same key of another account is another key';
comment on column answer.request_sha256 is 'Of method, address, and body, so that a key is good for one request only';
comment on column answer.outcome is 'JSON from which the answer can be made once more; null where it cannot';
comment on column answer.status is 'Of the answer that was given; none where the service ended before it was noted, or where it is not to be kept';
comment on column answer.headers is 'Of that answer, a line each';

alter table answer enable row level security, force row level security;
create policy answer_own on answer using (account_id = (select current_account()) or (select scope_has('all;')));
grant select, insert, update, delete on answer to merestone_app;
