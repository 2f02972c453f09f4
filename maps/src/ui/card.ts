/** The card of one feature. */
import type { Finding, Item, ItemProperties, Link, MarkerElement } from '../api/wire.ts';
import { h, icon, ICONS } from '../dom.ts';
import { group, length, utc } from '../format.ts';
import { CODES, listOf } from '../codes.ts';
import { LOOKS } from '../map/icons.ts';
import type { App } from '../state/app.ts';
import {
  chainageText,
  copy,
  facts,
  otherNames,
  positions,
  reference,
  section,
  titleOf,
  verdictChip,
} from './parts.ts';
import { pickedList } from './chooser.ts';
import type { Versions } from './versions.ts';

/** Fields that have their own place on the card, or none. */
const PLACED = new Set([
  'id',
  'fid',
  'boundary',
  'boundary_key',
  'names',
  'name',
  'name_zh',
  'name_en',
  'name_ru',
  'name_ko',
  'number',
  'elements',
  'positions',
  'linear_reference',
  'versions',
  'findings',
  'links',
  'chainage',
  'check',
  'verdict',
  'measured',
  'unit',
  'uncertainty_95',
  'tolerance',
  'tolerance_source',
  'message_en',
  'message_zh',
  'description_zh',
  'description_en',
  'counterpart_zh',
  'counterpart_en',
  'opening_zh',
  'opening_en',
  'water_zh',
  'water_en',
  'condition',
  'constellation',
  'visited',
  'bbox',
  'kind_title',
  'facts',
]);

export function renderCard(
  app: App,
  collection: string,
  item: Item,
  versions: Versions,
  zoom: () => void,
): HTMLElement {
  const { words, alsoHere } = app.store.now;
  const p = item.properties;
  const others = otherNames(words, p);
  return h(
    'article',
    { class: 'card', testid: 'card' },
    h(
      'header',
      { class: 'card-head' },
      h('p', { class: 'eyebrow' }, kindLine(app, collection, p)),
      h('h2', { testid: 'card-title' }, titleOf(words, collection, p)),
      others.length > 0
        ? h(
            'p',
            { class: 'other-names' },
            others.map(({ lang, text }) => h('span', { lang }, text)),
          )
        : null,
      h('div', { class: 'chips' }, stateChips(app, collection, p)),
      h(
        'div',
        { class: 'card-actions' },
        item.geometry ? h('button', { class: 'quiet', onclick: zoom }, icon(ICONS.target), words.t('zoom_to')) : null,
        h(
          'button',
          { class: 'quiet', onclick: () => void copy(app, location.href, words.t('link_copied')) },
          icon(ICONS.copy),
          words.t('copy_link'),
        ),
      ),
    ),
    verdictBlock(app, p),
    section(
      words.t('along_the_line'),
      reference(words, p.linear_reference),
      facts([
        [
          words.t('chainage'),
          p.chainage
            ? chainageText(words, p.chainage.chainage_m, p.chainage.offset_m, p.chainage.side, p.chainage.text)
            : linearNumbers(app, p),
        ],
      ]),
    ),
    section(words.t('verdicts'), findings(app, p)),
    ...elements(app, p),
    section(words.t('coordinates'), p.elements?.length ? null : positions(app, p.positions)),
    description(app, p),
    section(words.t('facts'), otherFacts(app, collection, p)),
    section(words.t('history'), versions.render(p.versions)),
    section(words.t('links'), links(app, p.links ?? item.links)),
    section(words.t('also_here'), alsoHere.length > 0 ? pickedList(app, alsoHere) : null),
  );
}

function kindLine(app: App, collection: string, p: ItemProperties): string {
  const { words } = app.store.now;
  const parts = [p.kind_title ?? words.code('collection', collection)];
  if (p.constellation) parts.push(words.code('constellation', p.constellation));
  if (p.kind && collection !== 'findings') parts.push(words.code(listOf(collection, 'kind'), p.kind));
  return parts.join(' · ');
}

function stateChips(app: App, collection: string, p: ItemProperties): (Node | null)[] {
  const { words } = app.store.now;
  const chips: (Node | null)[] = [];
  if (p.verdict) chips.push(verdictChip(p.verdict, words.t(p.verdict)));
  if (p.condition) {
    const look = LOOKS[p.condition] ?? 'unknown';
    chips.push(
      h('span', { class: `chip look-${look}`, testid: 'condition' }, words.code('marker_condition', p.condition)),
    );
  }
  const visited = p['visited'];
  if (collection === 'markers' && (visited === 'visited' || visited === 'passed' || visited === 'missed')) {
    chips.push(h('span', { class: `chip visit-${visited}` }, words.t(visited)));
  }
  if (p.status) chips.push(h('span', { class: 'chip' }, words.code('port_status', p.status)));
  else if (p.state && collection !== 'markers')
    chips.push(h('span', { class: 'chip' }, words.code(listOf(collection, 'state'), p.state)));
  return chips;
}

function verdictBlock(app: App, p: ItemProperties): HTMLElement | null {
  if (!p.verdict) return null;
  return section(app.store.now.words.t('verdicts'), finding(app, { ...p, verdict: p.verdict }));
}

function linearNumbers(app: App, p: ItemProperties): string {
  const value = p.linear_reference;
  return value ? chainageText(app.store.now.words, value.chainage_m, value.offset_m, value.side) : '';
}

function elements(app: App, p: ItemProperties): (HTMLElement | null)[] {
  const { words } = app.store.now;
  const list = p.elements ?? [];
  return list.map((element) =>
    section(
      list.length > 1 ? `${words.t('element')} ${element.label ?? element.element}` : words.t('coordinates'),
      positions(app, element.positions),
      facts(elementFacts(app, element)),
    ),
  );
}

function elementFacts(app: App, element: MarkerElement): [string, string][] {
  const { words } = app.store.now;
  const c = element.chainage;
  return [
    [words.t('chainage'), c ? chainageText(words, c.chainage_m, c.offset_m, c.side, c.text) : ''],
    [words.t('side'), element.side ? partyOr(app, words.code('side', element.side), element.side) : ''],
    [words.t('height'), number(element.height_m, 3, 'm')],
    [words.t('uncertainty'), number(element.sigma_m, 3, 'm')],
    [words.t('material'), element.material ? words.code('material', element.material) : ''],
  ];
}

function findings(app: App, p: ItemProperties): HTMLElement | null {
  if (!p.findings || p.findings.length === 0) return null;
  return h(
    'ul',
    { class: 'findings' },
    p.findings.map((entry) => h('li', {}, finding(app, entry))),
  );
}

function finding(app: App, entry: Omit<Finding, 'check'> & { check?: string }): HTMLElement {
  const { words } = app.store.now;
  const unit = entry.unit ? ` ${entry.unit}` : '';
  const measured =
    entry.measured === null || entry.measured === undefined
      ? ''
      : `${words.t('measured')} ${group(entry.measured, 3)}${entry.uncertainty_95 ? ` ± ${group(entry.uncertainty_95, 3)}` : ''}${unit}`;
  const tolerance =
    entry.tolerance === null || entry.tolerance === undefined
      ? ''
      : `${words.t('tolerance')} ${group(entry.tolerance, 3)}${unit}`;
  return h(
    'div',
    { class: 'finding' },
    h(
      'div',
      { class: 'finding-head' },
      entry.check ? h('code', {}, entry.check) : null,
      verdictChip(entry.verdict, words.t(entry.verdict)),
    ),
    h('p', {}, words.either(entry.message_en, entry.message_zh)),
    measured || tolerance ? h('p', { class: 'numbers' }, [measured, tolerance].filter(Boolean).join(' · ')) : null,
    entry.tolerance_source ? h('p', { class: 'muted' }, entry.tolerance_source) : null,
  );
}

function description(app: App, p: ItemProperties): HTMLElement | null {
  const { words } = app.store.now;
  const text = words.either(p['description_en'] as string | undefined, p['description_zh'] as string | undefined);
  return text ? section(words.code('field', 'description'), h('p', { class: 'prose' }, text)) : null;
}

/** Every plain field that is left, by its name in the catalogue. */
function otherFacts(app: App, collection: string, p: ItemProperties): HTMLElement | null {
  const { words } = app.store.now;
  const rows: [string, string][] = [];
  const counterpart = words.either(p['counterpart_en'] as string, p['counterpart_zh'] as string);
  const opening = words.either(p['opening_en'] as string, p['opening_zh'] as string);
  if (p.number !== null && p.number !== undefined) rows.push([words.t('number'), String(p.number)]);
  for (const [name, value] of Object.entries(p)) {
    if (PLACED.has(name) || value === null || value === '' || typeof value === 'object') continue;
    rows.push([words.code('field', name), fieldText(app, collection, name, value as string | number | boolean)]);
  }
  for (const { title, text } of p.facts ?? []) rows.push([title, text]);
  if (opening) rows.push([words.code('field', 'opening'), opening]);
  if (counterpart) rows.push([words.code('field', 'counterpart'), counterpart]);
  return facts(rows);
}

function fieldText(app: App, collection: string, name: string, value: string | number | boolean): string {
  const { boundary, words } = app.store.now;
  if (name === 'length_m' && typeof value === 'number') return length(value);
  if (typeof value === 'number' && name.endsWith('_m')) return `${group(value, 3)} m`;
  if (typeof value === 'string' && /_time$|_at$/.test(name)) return `${utc(value)} UTC`;
  const list = listOf(collection, name);
  if (list in CODES) {
    const codes = String(value).split(',');
    return words.list(codes.map((code) => words.code(list, code.trim())));
  }
  if (name === 'section') {
    const section = boundary?.sections?.find(({ key, id }) => key === value || id === value);
    return section ? `${words.name(section.names)} (${section.key})` : String(value);
  }
  return partyOr(app, String(value), String(value));
}

/** A party's code reads better as its name. */
function partyOr(app: App, fallback: string, code: string): string {
  const { boundary, words } = app.store.now;
  const party = boundary?.parties.find((entry) => entry.code === code);
  return party ? `${words.name(party.names)} (${code})` : fallback;
}

/** The features at the other ends of ties open as cards; anything else opens in a page of its own. */
function links(app: App, list: Link[] | undefined): HTMLElement | null {
  const { words } = app.store.now;
  const shown = (list ?? []).filter(
    ({ rel, href }) => href && rel !== 'self' && rel !== 'collection' && !/^javascript:/i.test(href),
  );
  if (shown.length === 0) return null;
  return h(
    'ul',
    { class: 'links' },
    shown.map(({ href, title, rel, names }) => {
      const feature = /^\/collections\/(\w+)\/items\/(\d+)$/.exec(href);
      if (!feature) return h('li', {}, h('a', { href, target: '_blank', rel: 'noopener' }, title ?? rel ?? href));
      const [, collection = '', id = ''] = feature;
      const name = names ? words.name(names) : '';
      const text = [words.code('collection', collection), title, name === title ? '' : name].filter(Boolean).join(' ');
      const open = () => app.store.set({ selection: { kind: 'item', collection, id: Number(id) }, alsoHere: [] });
      return h(
        'li',
        {},
        h('span', { class: 'relation' }, words.code('relation', rel ?? '')),
        ' ',
        h('button', { class: 'quiet', onclick: open }, text),
      );
    }),
  );
}

function number(value: number | null | undefined, decimals: number, unit: string): string {
  return value === null || value === undefined ? '' : `${group(value, decimals)} ${unit}`;
}
