/** Files on their way: sending, checking, done. Knows every receipt of this visit. */
import { describe, RequestError } from '../api/problem.ts';
import { send } from '../api/upload.ts';
import type { Receipt } from '../api/wire.ts';
import { fill, h, icon, ICONS } from '../dom.ts';
import { bytes } from '../format.ts';
import type { App } from '../state/app.ts';
import { problem } from './receipt.ts';

const POLL_MS = 500;
/** Polling goes on through this many failed requests in a row. */
const PATIENCE = 20;

interface Job {
  file: File;
  /** The only file of its drop: its receipt opens by itself. */
  alone: boolean;
  phase: 'waiting' | 'sending' | 'checking' | 'over';
  sent: number;
  progress: number | undefined;
  error: unknown;
}

export interface Uploads {
  /** The list of files on their way. */
  element: HTMLElement;
  add(files: Iterable<File>): void;
  /** Opens the file dialogue. */
  choose(): void;
  receipt(id: string): Receipt | undefined;
  newest(receipt: Receipt): Receipt;
  /** These bytes were here before. */
  known(id: string): boolean;
  /** Polls a receipt that is still being checked. */
  follow(id: string): void;
  onChange(listener: () => void): void;
}

export function createUploads(app: App, finished: (receipt: Receipt) => void): Uploads {
  const input = h('input', {
    type: 'file',
    multiple: true,
    accept: '.gpx,.nmea,.log,.txt,.gz,application/gpx+xml',
    testid: 'upload-input',
    class: 'sr-only',
    tabindex: '-1',
    'aria-hidden': 'true',
    onchange: () => take(),
  });
  const list = h('ul', { class: 'jobs', testid: 'upload-jobs' });
  const element = h('div', { class: 'uploads' }, list);
  document.body.append(input);

  const jobs: Job[] = [];
  const receipts = new Map<string, Receipt>();
  const knownIds = new Set<string>();
  const following = new Set<string>();
  const listeners: (() => void)[] = [];
  let running = false;

  function take(): void {
    add(input.files ?? []);
    input.value = '';
  }

  function add(files: Iterable<File>): void {
    const list = [...files];
    if (list.length === 0) return;
    for (const file of list)
      jobs.push({ file, alone: list.length === 1, phase: 'waiting', sent: 0, progress: undefined, error: null });
    app.store.set({ selection: { kind: 'receipts' }, alsoHere: [] });
    render();
    void run();
  }

  /** One file after the other: the first receipt comes soonest. */
  async function run(): Promise<void> {
    if (running) return;
    running = true;
    for (
      let job = jobs.find(({ phase }) => phase === 'waiting');
      job;
      job = jobs.find(({ phase }) => phase === 'waiting')
    ) {
      await one(job);
    }
    running = false;
  }

  async function one(job: Job): Promise<void> {
    job.phase = 'sending';
    render();
    try {
      const { receipt, known } = await send(job.file, app.store.now.lang, (sent) => {
        job.sent = sent;
        render();
      });
      const id = String(receipt.id);
      if (known) knownIds.add(id);
      keep(receipt);
      job.phase = 'checking';
      render();
      const last = await settle(id, (now) => {
        job.progress = now.job?.progress;
        render();
      });
      job.phase = 'over';
      jobs.splice(jobs.indexOf(job), 1);
      app.store.set({ edition: app.store.now.edition + 1 });
      const { selection, words } = app.store.now;
      const elsewhere = selection !== null && selection.kind !== 'receipts';
      if (elsewhere) app.toast.say(words.t('receipt_ready', { number: last.number }));
      else if (job.alone) app.store.set({ selection: { kind: 'receipt', id } });
      finished(last);
    } catch (error) {
      job.phase = 'over';
      job.error = error;
      if (!isProblem(error)) app.toast.error(app.store.now.words.t('err_upload', { file: job.file.name }), error);
    }
    render();
  }

  async function settle(id: string, each: (receipt: Receipt) => void): Promise<Receipt> {
    let failures = 0;
    for (;;) {
      const now = receipts.get(id);
      if (now && now.state !== 'checking') return now;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      try {
        const next = await app.client.receipt(id);
        failures = 0;
        keep(next);
        each(next);
      } catch (error) {
        failures += 1;
        if (failures >= PATIENCE) throw error;
      }
    }
  }

  function keep(receipt: Receipt): void {
    receipts.set(String(receipt.id), receipt);
    listeners.forEach((listener) => listener());
  }

  function render(): void {
    const { words } = app.store.now;
    fill(
      list,
      jobs.map((job) => {
        if (job.error !== null) {
          const away = (): void => {
            jobs.splice(jobs.indexOf(job), 1);
            render();
          };
          const refusal = isProblem(job.error)
            ? problem(app, job.error.failure.body, job.file.name)
            : h('p', { class: 'muted' }, Object.values(describe(job.error, words)).filter(Boolean).join(' '));
          return h(
            'li',
            { class: 'job job-failed' },
            h(
              'div',
              { class: 'job-head' },
              h('strong', {}, job.file.name),
              h(
                'button',
                { class: 'icon-button small', 'aria-label': words.t('dismiss'), onclick: away },
                icon(ICONS.close),
              ),
            ),
            refusal,
          );
        }
        const text =
          job.phase !== 'sending'
            ? words.t(job.phase === 'checking' ? 'checking' : 'waiting')
            : `${words.t('sending')} · ${bytes(Math.min(job.sent, job.file.size))} / ${bytes(job.file.size)}`;
        const value =
          job.phase === 'checking' ? job.progress : job.file.size > 0 ? Math.min(1, job.sent / job.file.size) : 0;
        return h(
          'li',
          { class: 'job', testid: 'upload-job' },
          h('div', { class: 'job-head' }, h('strong', {}, job.file.name), h('small', {}, text)),
          h('progress', { max: 1, 'aria-label': text, ...(value === undefined ? {} : { value }) }),
        );
      }),
    );
    element.classList.toggle('uploads-busy', jobs.length > 0);
  }
  app.store.on(['words'], render);

  return {
    element,
    add,
    choose: () => input.click(),
    receipt: (id) => receipts.get(id),
    newest: (receipt) => receipts.get(String(receipt.id)) ?? receipt,
    known: (id) => knownIds.has(id),
    follow(id) {
      if (following.has(id)) return;
      following.add(id);
      void app.client
        .receipt(id)
        .then((receipt) => {
          const pending = receipt.state === 'checking';
          keep(receipt);
          if (!pending) return;
          return settle(id, () => undefined).then((last) => {
            app.store.set({ edition: app.store.now.edition + 1 });
            finished(last);
          });
        })
        .catch((error: unknown) => app.toast.error(app.store.now.words.t('err_receipts'), error))
        .finally(() => following.delete(id));
    },
    onChange: (listener) => void listeners.push(listener),
  };
}

function isProblem(error: unknown): error is RequestError & { failure: { kind: 'problem' } } {
  return error instanceof RequestError && error.failure.kind === 'problem';
}
