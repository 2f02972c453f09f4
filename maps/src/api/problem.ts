/** A failed request as something one can tell the reader. */
import type { Words } from '../i18n.ts';
import type { ProblemBody, ProblemText } from './wire.ts';

export type Failure =
  | { kind: 'unreachable' }
  | { kind: 'unreadable' }
  | { kind: 'status'; status: number }
  | { kind: 'problem'; body: ProblemBody };

export class RequestError extends Error {
  constructor(readonly failure: Failure) {
    super(failure.kind === 'problem' ? (failure.body.title ?? 'problem') : failure.kind);
  }
}

/** What happened and what to do, in the reader's language. */
export function describe(error: unknown, words: Words): Required<ProblemText> {
  const failure: Failure = error instanceof RequestError ? error.failure : { kind: 'unreadable' };
  switch (failure.kind) {
    case 'problem':
      return problemText(failure.body, words);
    case 'status':
      return { title: words.t('err_status', { status: failure.status }), detail: '', remedy: words.t('err_server_do') };
    case 'unreachable':
      return { title: words.t('err_server'), detail: '', remedy: words.t('err_server_do') };
    case 'unreadable':
      return { title: words.t('err_unreadable'), detail: '', remedy: words.t('err_unreadable_do') };
  }
}

export function problemText(body: ProblemBody, words: Words): Required<ProblemText> {
  const own = body.languages?.[words.lang];
  const list = (body.errors ?? [])
    .map(({ detail }) => detail)
    .filter(Boolean)
    .join(' ');
  return {
    title: own?.title ?? body.title ?? (body.status ? words.t('err_status', { status: body.status }) : ''),
    detail: own?.detail ?? body.detail ?? list,
    remedy: own?.remedy ?? body.remedy ?? '',
  };
}

/** The problem in a response that was not a success. */
export async function failureOf(response: Response): Promise<Failure> {
  return failureFrom(response.status, response.headers.get('content-type') ?? '', await response.text());
}

export function failureFrom(status: number, type: string, text: string): Failure {
  if (/json/.test(type)) {
    try {
      return { kind: 'problem', body: { status, ...(JSON.parse(text) as ProblemBody) } };
    } catch {
      // A body cut off on the way says no more than its status.
    }
  }
  return { kind: 'status', status };
}
