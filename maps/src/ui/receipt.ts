/** The receipt of one upload: what came, what it means, what is still missing. */
import { actUrl, originalUrl } from '../api/client.ts';
import { problemText } from '../api/problem.ts';
import type { Bbox, ProblemBody, Receipt, UploadResult, Verdict } from '../api/wire.ts';
import { h, icon, ICONS } from '../dom.ts';
import { bytes, chainageRange, dms, group, length, local, percent, utc } from '../format.ts';
import type { App } from '../state/app.ts';
import { copyButton, facts, section, verdictChip } from './parts.ts';

export interface ReceiptActions {
  /** Goes to the marker with this label. */
  showMarker(label: string, boundaryKey: string): void;
  showExtent(box: Bbox): void;
  openTrack(id: number): void;
}

export function renderReceipt(app: App, receipt: Receipt, known: boolean, actions: ReceiptActions): HTMLElement {
  const { words } = app.store.now;
  const act = inspectionOf(receipt);
  const box = receipt.summary?.bbox;
  return h(
    'article',
    { class: 'card receipt', testid: 'receipt' },
    h(
      'header',
      { class: 'card-head' },
      h('p', { class: 'eyebrow' }, words.t('receipt')),
      h('h2', { testid: 'receipt-number' }, receipt.number),
      h('p', { class: 'file-name' }, receipt.filename),
      h('div', { class: 'chips' }, stateChip(app, receipt)),
      known
        ? h(
            'p',
            { class: 'note', testid: 'already-received' },
            words.t('already_received', { when: `${utc(receipt.received_at)} UTC` }),
          )
        : null,
      h(
        'div',
        { class: 'card-actions' },
        box
          ? h(
              'button',
              { class: 'quiet', onclick: () => actions.showExtent(box) },
              icon(ICONS.target),
              words.t('show_on_map'),
            )
          : null,
        act === null ? null : actLink(app, act),
      ),
    ),
    receipt.state === 'checking' ? progress(app, receipt) : null,
    receipt.problem ? problem(app, receipt.problem, receipt.filename) : null,
    ...results(app, receipt, actions),
    section(words.t('what_came'), summary(app, receipt), trackList(receipt, actions)),
    warnings(app, receipt),
  );
}

export function actLink(app: App, inspection: string | number): HTMLElement {
  const { words } = app.store.now;
  return h(
    'a',
    {
      class: 'button',
      testid: 'act-link',
      href: actUrl(inspection),
      target: '_blank',
      rel: 'noopener',
      title: words.t('act_hint'),
    },
    icon(ICONS.document),
    words.t('act'),
  );
}

export function stateChip(app: App, receipt: Receipt): HTMLElement {
  return h(
    'span',
    { class: `chip state-${receipt.state}`, testid: 'receipt-state', 'data-state': receipt.state },
    app.store.now.words.t(receipt.state),
  );
}

/** A problem as the server words it: what, where in the file, what to do. */
export function problem(app: App, body: ProblemBody, filename: string): HTMLElement {
  const { words } = app.store.now;
  const { title, detail, remedy } = problemText(body, words);
  const file = body.file ?? filename;
  const where = body.line
    ? `${file}, ${body.column ? words.t('at_line_column', { line: body.line, column: body.column }) : words.t('at_line', { line: body.line })}`
    : file;
  return h(
    'section',
    { class: 'block problem', role: 'alert', testid: 'problem' },
    h('h3', {}, title),
    detail ? h('p', {}, detail) : null,
    h('p', { class: 'where' }, where),
    remedy ? h('p', { class: 'remedy' }, h('strong', {}, words.t('what_to_do')), ' ', remedy) : null,
  );
}

function inspectionOf(receipt: Receipt): string | number | null {
  return receipt.results?.find(({ inspection }) => inspection !== null && inspection !== undefined)?.inspection ?? null;
}

function progress(app: App, receipt: Receipt): HTMLElement {
  const value = receipt.job?.progress;
  return h(
    'div',
    { class: 'block' },
    h('p', { class: 'muted' }, app.store.now.words.t('checking')),
    h('progress', { max: 1, ...(value === undefined ? {} : { value }) }),
  );
}

function results(app: App, receipt: Receipt, actions: ReceiptActions): (HTMLElement | null)[] {
  const { words } = app.store.now;
  if (receipt.state !== 'done') return [];
  const list = receipt.results ?? [];
  if (list.length === 0) return [h('section', { class: 'block' }, h('p', { class: 'muted' }, words.t('no_results')))];
  return list.map((result) => oneResult(app, result, actions));
}

function oneResult(app: App, result: UploadResult, actions: ReceiptActions): HTMLElement {
  const { words, boundaries } = app.store.now;
  const boundary = boundaries.find(({ key }) => key === result.boundary_key);
  const c = result.coverage;
  const verdicts = (['pass', 'inconclusive', 'fail'] as const).filter(
    (verdict) => (result.verdicts?.[verdict] ?? 0) > 0,
  );
  return h(
    'section',
    { class: 'block result', testid: 'result' },
    h('h3', {}, words.name(boundary?.names) || result.boundary_key),
    c
      ? h(
          'div',
          { class: 'coverage' },
          h(
            'div',
            { class: 'coverage-head' },
            h('span', { class: 'coverage-percent', testid: 'coverage-percent' }, percent(c.percent)),
            h('span', {}, h('strong', {}, words.t('coverage')), h('small', {}, coverageLine(app, c))),
          ),
          coverageBar(app, c),
          c.assumed_accuracy ? h('p', { class: 'muted' }, words.t('accuracy_assumed')) : null,
          gapList(app, c.gaps ?? [], actions),
        )
      : null,
    markerChips(app, 'missed', result, actions),
    markerChips(app, 'passed', result, actions),
    markerChips(app, 'visited', result, actions),
    verdicts.length > 0
      ? h(
          'div',
          { class: 'verdict-row', testid: 'verdicts' },
          h('h4', {}, words.t('verdicts')),
          h(
            'div',
            { class: 'chips' },
            verdicts.map((verdict: Verdict) =>
              verdictChip(verdict, `${result.verdicts?.[verdict] ?? 0} ${words.t(verdict)}`),
            ),
          ),
        )
      : null,
  );
}

type Coverage = NonNullable<UploadResult['coverage']>;

function coverageLine(app: App, c: Coverage): string {
  const { words } = app.store.now;
  const against =
    !c.reference || c.reference === 'line'
      ? words.t('coverage_against_line')
      : words.t('coverage_against', { reference: routeName(app, c.reference) });
  const parts = [words.t('coverage_of', { covered: length(c.covered_m), total: length(c.total_m) }), against];
  if (c.buffer_m) parts.push(words.t('coverage_buffer', { buffer: length(c.buffer_m) }));
  return parts.join(' · ');
}

function routeName(app: App, reference: string): string {
  return reference.replace(/^route\s+/i, app.store.now.lang === 'zh' ? '路线 ' : 'route ');
}

/** The whole reference as one bar with its gaps in place, when the gaps tell where they are. */
function coverageBar(app: App, c: Coverage): HTMLElement {
  const { words } = app.store.now;
  const bar = h('div', {
    class: 'coverage-bar',
    role: 'img',
    'aria-label': `${words.t('coverage')} ${percent(c.percent)}`,
  });
  const gaps = (c.gaps ?? []).filter(({ from_m, to_m }) => from_m >= 0 && to_m <= c.total_m * 1.001);
  const placed = gaps.reduce((sum, gap) => sum + gap.length_m, 0);
  if (c.total_m > 0 && Math.abs(placed - (c.total_m - c.covered_m)) <= c.total_m * 0.02) {
    bar.classList.add('coverage-full');
    for (const gap of gaps) {
      const hole = h('i', { class: gap.verdict === 'inconclusive' ? 'hole hole-inconclusive' : 'hole' });
      hole.style.left = `${(gap.from_m / c.total_m) * 100}%`;
      hole.style.width = `${Math.max(0.6, ((gap.to_m - gap.from_m) / c.total_m) * 100)}%`;
      bar.append(hole);
    }
  } else {
    const filled = h('b', {});
    filled.style.width = `${Math.min(100, Math.max(0, c.percent))}%`;
    bar.append(filled);
  }
  return bar;
}

function gapList(app: App, gaps: NonNullable<Coverage['gaps']>, actions: ReceiptActions): HTMLElement {
  const { words } = app.store.now;
  if (gaps.length === 0) return h('p', { class: 'muted' }, words.t('no_gaps'));
  return h(
    'details',
    { class: 'gaps', open: gaps.length <= 6, testid: 'gaps' },
    h('summary', {}, `${words.t('gaps')} (${gaps.length})`),
    h(
      'ul',
      {},
      gaps.map((gap) => {
        const text = words.either(gap.text_en, gap.text_zh);
        const range = chainageRange(gap.from_m, gap.to_m);
        const { bbox } = gap;
        const name = bbox
          ? h(
              'button',
              { class: 'link', title: words.t('show_on_map'), onclick: () => actions.showExtent(bbox) },
              text || range,
            )
          : h('span', {}, text || range);
        return h(
          'li',
          {},
          name,
          h(
            'small',
            {},
            [
              text.includes('K') ? '' : text ? range : '',
              length(gap.length_m),
              gap.verdict === 'inconclusive' ? words.t('inconclusive') : '',
            ]
              .filter(Boolean)
              .join(' · '),
          ),
        );
      }),
    ),
  );
}

function markerChips(
  app: App,
  kind: 'visited' | 'passed' | 'missed',
  result: UploadResult,
  actions: ReceiptActions,
): HTMLElement | null {
  const { words } = app.store.now;
  const labels = result.markers?.[kind] ?? [];
  if (labels.length === 0 && kind === 'passed') return null;
  return h(
    'div',
    { class: `marker-chips marker-chips-${kind}`, testid: `${kind}-markers` },
    h('h4', {}, h('i', { class: `dot dot-${kind}` }), `${words.t(kind)} (${labels.length})`),
    labels.length === 0
      ? h('p', { class: 'muted' }, words.t('none_missed'))
      : h(
          'div',
          { class: 'chips' },
          labels.map((label) =>
            h(
              'button',
              {
                class: 'marker-chip',
                testid: 'marker-chip',
                title: words.t('show_on_map'),
                onclick: () => actions.showMarker(label, result.boundary_key),
              },
              label,
            ),
          ),
        ),
  );
}

function summary(app: App, receipt: Receipt): HTMLElement | null {
  const { words } = app.store.now;
  const s = receipt.summary;
  const count = (value: number | undefined, key: Parameters<typeof words.t>[0]): string =>
    value ? `${group(value, 0)} ${words.t(key)}` : '';
  const counts = s
    ? words.list([
        count(s.tracks, 'tracks'),
        count(s.segments, 'track_segments'),
        count(s.trackpoints, 'trackpoints'),
        count(s.timed_points, 'timed_points'),
        count(s.routes, 'routes_count'),
        count(s.waypoints, 'waypoints'),
        count(s.rejected, 'rejected'),
      ])
    : '';
  const box = s?.bbox;
  const hash = h(
    'span',
    { class: 'hash' },
    h('code', { title: receipt.sha256 }, `${receipt.sha256.slice(0, 12)}…`),
    copyButton(app, () => receipt.sha256),
  );
  return facts([
    [words.t('received'), times(app, receipt.received_at)],
    [words.t('what_came'), counts],
    [words.t('walked'), s?.length_m ? length(s.length_m) : ''],
    [words.t('from_time'), s?.first_time ? times(app, s.first_time) : ''],
    [words.t('to_time'), s?.last_time ? times(app, s.last_time) : ''],
    [
      words.t('extent'),
      box
        ? h(
            'span',
            { class: 'extent' },
            h('code', {}, `${dms(box[1], 'lat', 0)} – ${dms(box[3], 'lat', 0)}`),
            h('code', {}, `${dms(box[0], 'lon', 0)} – ${dms(box[2], 'lon', 0)}`),
          )
        : '',
    ],
    [words.t('size'), `${bytes(receipt.bytes)}${receipt.format ? ` · ${receipt.format.toUpperCase()}` : ''}`],
    [words.t('fingerprint'), hash],
    [words.t('original_file'), h('a', { href: originalUrl(receipt.id), download: receipt.filename }, receipt.filename)],
  ]);
}

/** The tracks of the file as features of the register. */
function trackList(receipt: Receipt, actions: ReceiptActions): HTMLElement | null {
  const list = receipt.tracks ?? [];
  if (list.length === 0) return null;
  return h(
    'ul',
    { class: 'track-list' },
    list.map((track) =>
      h(
        'li',
        {},
        h('button', { class: 'link', onclick: () => actions.openTrack(track.id) }, track.name || `#${track.id}`),
        track.length_m ? h('small', {}, length(track.length_m)) : null,
      ),
    ),
  );
}

/** UTC first, then the reader's own clock with its offset. */
function times(app: App, iso: string): HTMLElement {
  const offset = -new Date(iso).getTimezoneOffset();
  const { words } = app.store.now;
  return h(
    'span',
    { class: 'times' },
    h('span', {}, `${utc(iso)} UTC`),
    Number.isNaN(offset) || offset === 0 ? null : h('small', {}, `${local(iso, offset)} ${words.t('local_time')}`),
  );
}

function warnings(app: App, receipt: Receipt): HTMLElement | null {
  const { words } = app.store.now;
  const list = receipt.warnings ?? [];
  if (list.length === 0) return null;
  const total = receipt.warnings_total ?? list.length;
  return h(
    'section',
    { class: 'block', testid: 'warnings' },
    h('h3', {}, `${words.t('warnings')} (${total})`),
    h(
      'ul',
      { class: 'warnings' },
      list.map((warning) =>
        h(
          'li',
          {},
          h('span', {}, words.either(warning.message_en, warning.message_zh) || warning.kind),
          warning.line ? h('small', {}, words.t('at_line', { line: warning.line })) : null,
        ),
      ),
    ),
    total > list.length ? h('p', { class: 'muted' }, words.t('warnings_shown', { shown: list.length, total })) : null,
  );
}
